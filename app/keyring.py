"""The deployment's keys: files outside the database, made at the first start and readable by their owner alone."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app import built
from app.chance import Chance
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Keyring:
    """`signing` (Ed25519) heads and receipts, `opening` (X25519) envelopes and draw secrets, `secret` the web."""

    signing: bytes
    opening: bytes
    secret: bytes

    @property
    def signing_public(self) -> bytes:
        return _signing_public(self.signing)

    @property
    def opening_public(self) -> bytes:
        return _opening_public(self.opening)

    @classmethod
    def load(cls, settings: Settings, chance: Chance) -> "Keyring":
        """Read the key files, making those that are missing."""
        secret = (
            settings.secret_key.encode() if settings.secret_key else _kept(settings.instance / "secret.key", chance)
        )
        return cls(
            signing=_kept(settings.instance / "signing.key", chance),
            opening=_kept(settings.opening_key_file, chance),
            secret=secret,
        )


@lru_cache(maxsize=4)
def _signing_public(private: bytes) -> bytes:
    # Every receipt names the key: computed once.
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


@lru_cache(maxsize=4)
def _opening_public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _kept(path: Path, chance: Chance) -> bytes:
    """The 32 bytes in a file of 64 hex digits; of two processes that start at once both use what was written first."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(chance.secret().hex() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text().strip())


def keyring() -> Keyring:
    """The keys the application in context holds."""
    found: Keyring = built.part("keyring")
    return found
