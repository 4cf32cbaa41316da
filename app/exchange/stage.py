"""What the machine's doors bring to the house."""

from app.stage import Stage

STAGE = Stage(name="exchange", title="数据与接口")
