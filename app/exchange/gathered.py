"""What the stages brought that machines may use: acts with a command, resources, words."""

from collections.abc import Mapping

from app import built
from app.act import wiring
from app.actor import Role
from app.settings import Settings
from app.stage import Command, Resource, Seals


def commands() -> Mapping[str, Command]:
    """Every act that somebody may perform from outside, by name, in story order."""
    found: Mapping[str, Command] = built.part("commands")
    return {name: command for name, command in found.items() if roles(name)}


def roles(name: str) -> frozenset[Role]:
    """Who may perform an act, the market's own clockwork aside."""
    return wiring().may.get(name, frozenset()) - {Role.SYSTEM}


def seals() -> Mapping[str, Seals]:
    """Of acts whose files lie sealed, who seals one."""
    found: Mapping[str, Seals] = built.part("seals")
    return found


def resources() -> Mapping[str, Resource]:
    """The public read models, by name."""
    found: Mapping[str, Resource] = built.part("resources")
    return found


def word(code: str) -> str:
    """The Chinese word of a code, or the code itself."""
    words: Mapping[str, str] = built.part("words")
    return words.get(code, code)


def advice(act: str) -> str | None:
    """What to do where the first answer of an act, which alone held something stored nowhere, did not arrive."""
    words: Mapping[str, str] = built.part("words")
    return words.get(f"once.{act}")


def demonstration() -> bool:
    """Whether this deployment is a demonstration."""
    settings: Settings = built.part("settings")
    return settings.demonstration
