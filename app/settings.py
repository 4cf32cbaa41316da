"""What the environment may set, read once into one frozen value (docs/settings.md lists it)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STREAMS = 5_000
STREAMS_EACH = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment's settings; every field is a `MARKET_…` variable."""

    database_url: str
    instance: Path
    market_id: str | None
    secret_key: str | None
    opening_key_file: Path
    demonstration: bool
    rulebooks: tuple[Path, ...]
    workdays: tuple[Path, ...]
    address: str | None = None
    seal_file: Path | None = None
    seal_passphrase: str | None = field(default=None, repr=False)
    proxies: int = 0
    streams: int = STREAMS
    streams_each: int = STREAMS_EACH
    testing: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment; every default suits a first start from the repository's root."""
        env = os.environ if env is None else env
        instance = Path(env.get("MARKET_INSTANCE", "instance")).absolute()
        return cls(
            database_url=env.get("MARKET_DATABASE_URL") or f"sqlite:///{instance / 'market.sqlite3'}",
            instance=instance,
            market_id=env.get("MARKET_ID") or None,
            secret_key=env.get("MARKET_SECRET_KEY") or None,
            opening_key_file=Path(env.get("MARKET_OPENING_KEY_FILE") or instance / "opening.key"),
            demonstration=env.get("MARKET_DEMONSTRATION", "") in {"1", "public"},
            rulebooks=_folders(env.get("MARKET_RULEBOOKS", "")),
            workdays=_folders(env.get("MARKET_WORKDAYS", "")),
            address=env.get("MARKET_ADDRESS", "").rstrip("/") or None,
            seal_file=Path(env["MARKET_SEAL_FILE"]) if env.get("MARKET_SEAL_FILE") else None,
            seal_passphrase=env.get("MARKET_SEAL_PASSPHRASE") or None,
            proxies=int(env.get("MARKET_PROXIES") or 0),
            streams=int(env.get("MARKET_STREAMS") or STREAMS),
            streams_each=int(env.get("MARKET_STREAMS_EACH") or STREAMS_EACH),
        )


def _folders(value: str) -> tuple[Path, ...]:
    return tuple(Path(part) for part in value.split(":") if part)
