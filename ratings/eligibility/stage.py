"""What eligibility brings to the house: the answer to the one backward question, and who could register now."""

from app.stage import Stage
from ratings.eligibility import services
from ratings.eligibility.rules import OwnerTerms, ServiceTerms, SuspendTerms
from ratings.eligibility.views import able_for_item, able_for_need, bars, bp
from ratings.eligibility.wording import WORDS

STAGE = Stage(
    name="eligibility",
    title="准入",
    blueprint=bp,
    panels={"able_agencies": able_for_item, "able_for_need": able_for_need, "agency_bars": bars},
    terms=(ServiceTerms, OwnerTerms, SuspendTerms),
    words=WORDS,
    standing=services.standing,
)
