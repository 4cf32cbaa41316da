"""What the chapter eligibility brings to the house."""

from app.stage import Stage

STAGE = Stage(
    name="eligibility",
    title="准入",
)
