"""What the chapter auction brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Stage, Task
from bidding.auction import queries, rules, services
from bidding.auction.demo import DEMO
from bidding.auction.rules import AuctionAct, BidInput, LiveTerms, RoundsTerms
from bidding.auction.sweeps import SWEEPS
from bidding.auction.views import box, bp
from bidding.auction.wording import WORDS


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The auctions that this agency may offer in: what has begun until its end, what is ahead until its beginning."""
    if Role.AGENCY not in actor.roles or actor.party_id is None:
        return
    for waiting in queries.awaiting(actor.party_id, now=now):
        yield Task(AuctionAct.BID, waiting.title, url_for("auction.page", no=waiting.no), due=waiting.due_at)


STAGE = Stage(
    name="auction",
    title="竞价",
    blueprint=bp,
    acts=AuctionAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sweeps=SWEEPS,
    tasks=tasks,
    panels={"auction_box": box},
    marks={"auction": queries.marks},
    news={"auction": queries.news},
    commands={AuctionAct.BID: Command(BidInput, services.bid, "announcement")},
    terms=(LiveTerms, RoundsTerms),
    words=WORDS,
    demo=DEMO,
    notices={AuctionAct.PAUSE: services.told_of_pause},
    constraints={"uq_auction_offer_auction_id_registration_id_round": Refusal("round_used", params={"round": 0})},
)
