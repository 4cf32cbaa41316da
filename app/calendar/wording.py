"""The words of the calendar, and those its tables are written in."""

HEADINGS = ({"day": "日期", "kind": "类型", "name": "名称"}, {"day": "date", "kind": "kind", "name": "name"})
"""Two sets of headings that a table may have; the first is what the market itself writes."""

OFF = ("放假", "休", "休息", "off")
MAKE_UP = ("上班", "班", "调休上班", "补班", "work")
"""What a table may call each kind of day; the first of each is what the market itself writes."""

WORDS = {
    "calendar.publish": "公布年度工作日历",
    "calendar.settle": "按公布的工作日安排确定暂定期限",
    "calendar.settle_unseen": "按公布的工作日安排确定暂定期限（内部）",
    "provisional": "暂定：{year}年工作日安排尚未公布",
    "day_kind.work": "工作日",
    "day_kind.rest": "周末",
    "day_kind.off": "放假",
    "day_kind.make_up": "调休上班",
    "day_kind.local": "本地放假",
    "day_mark.off": "休",
    "day_mark.make_up": "班",
    "day_mark.local": "休",
    "day_mark.work": "",
    "day_mark.rest": "",
    "holiday.New Year's Day": "元旦",
    "holiday.Spring Festival": "春节",
    "holiday.Tomb-sweeping Day": "清明节",
    "holiday.Labour Day": "劳动节",
    "holiday.Dragon Boat Festival": "端午节",
    "holiday.Mid-autumn Festival": "中秋节",
    "holiday.National Day": "国庆节",
    "holiday.Anti-Fascist 70th Day": "抗战胜利纪念日",
    "refusal.calendar_known": "{year}年的安排已经公布过。",
    "cure.calendar_known": "已公布的安排不能改写；有误请联系技术支持出更正数据。",
    "refusal.day_of_other_year": "{day}不属于这一年。",
    "cure.day_of_other_year": "请核对日期；通知只能写当年和上年12月的日期。",
    "refusal.day_both": "{day}既放假又上班。",
    "cure.day_both": "请核对通知原文。",
    "refusal.make_up_on_weekday": "{day}本来就是周一至周五。",
    "cure.make_up_on_weekday": "调休上班的日期应是周末。",
    "refusal.no_days_off": "没有放假日期。",
    "cure.no_days_off": "请按通知填写全部放假日期。",
    "refusal.notice_missing": "没有填写通知文号。",
    "cure.notice_missing": "请填写国务院办公厅通知的文号。",
    "refusal.calendar_line_day": "“{text}”不是日期。",
    "cure.calendar_line_day": "日期写成 2027-01-01、2027/1/1 或 2027年1月1日，一段写成 2027-02-05至2027-02-11。",
    "refusal.calendar_line_kind": "类型“{text}”不是“放假”，也不是“上班”。",
    "cure.calendar_line_kind": "类型一列只写“放假”或“上班”。",
    "refusal.calendar_line_twice": "{day}在第{number}行已经写过。",
    "cure.calendar_line_twice": "同一天只写一行。",
}
