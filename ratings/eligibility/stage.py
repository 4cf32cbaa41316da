"""What eligibility brings to the house: the answer to the one backward question."""

from app.stage import Stage
from ratings.eligibility import services
from ratings.eligibility.rules import OwnerTerms, ServiceTerms, SuspendTerms
from ratings.eligibility.wording import WORDS

STAGE = Stage(
    name="eligibility",
    title="准入",
    terms=(ServiceTerms, OwnerTerms, SuspendTerms),
    words=WORDS,
    standing=services.standing,
)
