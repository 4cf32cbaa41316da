"""What the chapter credit brings to the house."""

from app.stage import Stage

STAGE = Stage(
    name="credit",
    title="信用",
)
