"""What the demonstration clock brings to the house."""

from app.clockwork import rules, services
from app.clockwork.rules import Advance, ClockAct
from app.clockwork.views import bp
from app.stage import Command, Stage

STAGE = Stage(
    name="clockwork",
    title="演示时钟",
    blueprint=bp,
    acts=ClockAct,
    may=rules.MAY,
    opens=rules.OPENS,
    commands={ClockAct.ADVANCE: Command(Advance, services.advance, None)},
    words={
        "clock.advance": "推进演示时钟",
        "refusal.no_demonstration": "本系统不是演示环境，时钟不能调整。",
        "cure.no_demonstration": "请以真实时间办理。",
        "refusal.clock_backward": "演示时钟只能向前。",
        "cure.clock_backward": "需要回到过去时，请由管理员重新装载演示数据。",
        "refusal.clock_too_far": "一次最多推进{days}天。",
        "cure.clock_too_far": "请分几次推进。",
    },
)
