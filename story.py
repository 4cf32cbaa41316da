"""The market's table of contents: every chapter's stage, in the one order of the story."""

from app.stage import Stage
from bidding.auction.stage import STAGE as AUCTION
from bidding.award.stage import STAGE as AWARD
from bidding.contract.stage import STAGE as CONTRACT
from bidding.direct.stage import STAGE as DIRECT
from bidding.judging.stage import STAGE as JUDGING
from bidding.offer.stage import STAGE as OFFER
from bidding.opening.stage import STAGE as OPENING
from bidding.registration.stage import STAGE as REGISTRATION
from bidding.selection.stage import STAGE as SELECTION
from marketplace.agency.stage import STAGE as AGENCY
from marketplace.announcement.stage import STAGE as ANNOUNCEMENT
from marketplace.catalogue.stage import STAGE as CATALOGUE
from marketplace.credential.stage import STAGE as CREDENTIAL
from marketplace.holder.stage import STAGE as HOLDER
from marketplace.invitation.stage import STAGE as INVITATION
from marketplace.need.stage import STAGE as NEED
from marketplace.pricelist.stage import STAGE as PRICELIST
from marketplace.project.stage import STAGE as PROJECT
from marketplace.purchaser.stage import STAGE as PURCHASER
from ratings.archive.stage import STAGE as ARCHIVE
from ratings.complaint.stage import STAGE as COMPLAINT
from ratings.credit.stage import STAGE as CREDIT
from ratings.eligibility.stage import STAGE as ELIGIBILITY
from ratings.evaluation.stage import STAGE as EVALUATION
from ratings.insight.stage import STAGE as INSIGHT
from ratings.performance.stage import STAGE as PERFORMANCE
from ratings.sanction.stage import STAGE as SANCTION

STORY: tuple[Stage, ...] = (
    # marketplace: what is wanted, and by whom
    CATALOGUE,
    PROJECT,
    PURCHASER,
    AGENCY,
    INVITATION,
    CREDENTIAL,
    PRICELIST,
    NEED,
    HOLDER,
    ANNOUNCEMENT,
    # bidding: who is chosen, and how
    REGISTRATION,
    OFFER,
    DIRECT,
    AUCTION,
    OPENING,
    SELECTION,
    JUDGING,
    AWARD,
    CONTRACT,
    # ratings: what is remembered, and what follows
    PERFORMANCE,
    EVALUATION,
    COMPLAINT,
    ARCHIVE,
    CREDIT,
    SANCTION,
    ELIGIBILITY,
    INSIGHT,
)
