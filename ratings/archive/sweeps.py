"""How time comes in: thirty days after everything is over, the archive is sealed."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from ratings.archive import queries, services
from ratings.archive.rules import ArchiveAct


def _seal(actor: Actor, no: str) -> Done:
    return services.seal(actor, no, Nothing(), key=f"sweep:{ArchiveAct.SEAL}:{no}")


SWEEPS = (Sweep(ArchiveAct.SEAL, due=queries.due_for_seal, do=_seal, upcoming=queries.next_seal),)
