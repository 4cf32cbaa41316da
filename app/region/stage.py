"""What the region tree brings to the house: its divisions and authorities, as reference data of the factory's own."""

from app.stage import Stage

STAGE = Stage(
    name="region",
    title="区划与主管部门",
    words={
        "refusal.outside_branch": "这件事属于{of}，不在贵单位（{own}）的管辖范围内。",
        "cure.outside_branch": "请由{of}或者其上级的相应单位办理；当地设有同一行业主管部门的，由当地办理。",
    },
)
