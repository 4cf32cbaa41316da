"""What the region tree brings to the house: its divisions and authorities, as reference data of the factory's own."""

from app.stage import Stage

STAGE = Stage(name="region", title="区划与主管部门")
