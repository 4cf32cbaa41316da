"""The deployment's own id: set once, in every signed text, refused when the settings say another."""

from app import built
from app.act import chore
from app.audit import services as audit
from app.audit.models import Deployment
from app.database import db
from app.settings import Settings


class Misconfigured(Exception):
    """The application cannot be built or started as asked; one clear sentence."""


def settle_market_id() -> str:
    """The stored id; at the first start the settings' or the default one is stored. Needs the tables.

    Raises `Misconfigured` when the settings name another id, or call a demonstration what is none.
    """
    settings: Settings = built.part("settings")
    stored = audit.stored_market(db.session())
    if stored is None:
        stored = settings.market_id or ("DEMO-450800" if settings.demonstration else "MARKET-450800")
        with chore("deployment") as session:
            session.add(Deployment(id=1, market=stored))
    if settings.market_id is not None and settings.market_id != stored:
        raise Misconfigured(f"MARKET_ID is {settings.market_id}, but this database belongs to {stored}")
    if settings.demonstration != stored.startswith("DEMO-"):
        raise Misconfigured(f"this database belongs to {stored}: MARKET_DEMONSTRATION says otherwise")
    return stored
