"""Admission when the publicity is over."""

from app.actor import Actor
from app.sweep import Sweep
from app.values import Done, Nothing
from marketplace.agency import queries, services


def admit(actor: Actor, code: str) -> Done:
    """One agency."""
    return services.admit(actor, code, Nothing(), key=f"sweep:agency.admit:{code}")


SWEEPS = (Sweep("agency.admit", queries.due_for_admission, admit, queries.next_admission),)
