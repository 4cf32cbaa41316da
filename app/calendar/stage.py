"""What the calendar brings to the house."""

from app.calendar import rules, services
from app.calendar.rules import CalendarAct, Year
from app.calendar.sweeps import SWEEPS
from app.calendar.views import bp
from app.stage import Command, Stage

STAGE = Stage(
    name="calendar",
    title="工作日历",
    blueprint=bp,
    acts=CalendarAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sweeps=SWEEPS,
    notices={CalendarAct.SETTLE: services.told, CalendarAct.SETTLE_UNSEEN: services.told},
    commands={CalendarAct.PUBLISH: Command(Year, services.publish, None)},
    words={
        "calendar.publish": "公布年度工作日历",
        "provisional": "暂定：{year}年工作日安排尚未公布",
        "calendar.settle": "按公布的工作日安排确定暂定期限",
        "calendar.settle_unseen": "按公布的工作日安排确定暂定期限（内部）",
        "refusal.calendar_known": "{year}年的安排已经公布过。",
        "cure.calendar_known": "已公布的安排不能改写；有误请联系技术支持出更正数据。",
        "refusal.day_of_other_year": "{day}不属于这一年。",
        "cure.day_of_other_year": "请核对日期。",
        "refusal.day_both": "{day}既放假又上班。",
        "cure.day_both": "请核对通知原文。",
        "refusal.make_up_on_weekday": "{day}本来就是周一至周五。",
        "cure.make_up_on_weekday": "调休上班的日期应是周末。",
        "refusal.no_days_off": "没有放假日期。",
        "cure.no_days_off": "请按通知填写全部放假日期。",
        "refusal.notice_missing": "没有填写通知文号。",
        "cure.notice_missing": "请填写国务院办公厅通知的文号。",
    },
)
