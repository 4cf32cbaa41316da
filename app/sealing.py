"""Sealed boxes: what only the holder of an X25519 private key can open (docs/protocol.md §2.2)."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Every box has its own key from a fresh e, so the nonce never meets the same key twice.
_NONCE = bytes(12)


class Unopenable(ValueError):
    """The box was not sealed to this key, for this purpose and with this associated data, or was changed since."""


def public_key(private: bytes) -> bytes:
    """The 32 raw bytes of the X25519 public key that belongs to 32 private ones."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(plaintext: bytes, *, recipient: bytes, associated: bytes, info: bytes, ephemeral: bytes) -> bytes:
    """e_pub ‖ ciphertext: key = HKDF-SHA256(X25519(e, K), salt = e_pub ‖ K_pub, `info`), AES-256-GCM, nonce 0¹².

    `recipient` is K_pub, `ephemeral` the private e: 32 bytes of fresh chance, never used for a second box. Raises
    ValueError for keys of another length and for a recipient of low order. Source: docs/protocol.md §2.2.
    """
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    shared = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    sender = private.public_key().public_bytes_raw()
    return sender + AESGCM(_key(shared, sender, recipient, info)).encrypt(_NONCE, plaintext, associated)


def open_box(box: bytes, *, private: bytes, associated: bytes, info: bytes) -> bytes:
    """The plaintext of a box of `seal`. Raises Unopenable. Source: docs/protocol.md §2.2."""
    return open_with(box, key=key_of(box, private=private, info=info), associated=associated)


def key_of(box: bytes, *, private: bytes, info: bytes) -> bytes:
    """The one key of a box, 32 bytes, as its recipient finds it: it opens this box and no other. Raises Unopenable."""
    holder, sender = X25519PrivateKey.from_private_bytes(private), box[:32]
    try:
        shared = holder.exchange(X25519PublicKey.from_public_bytes(sender))
    except ValueError as error:
        raise Unopenable from error
    return _key(shared, sender, holder.public_key().public_bytes_raw(), info)


def open_with(box: bytes, *, key: bytes, associated: bytes) -> bytes:
    """The plaintext of a box of `seal`, by its own key. Raises Unopenable."""
    try:
        return AESGCM(key).decrypt(_NONCE, box[32:], associated)
    except (InvalidTag, ValueError) as error:
        raise Unopenable from error


def _key(shared: bytes, sender: bytes, recipient: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=sender + recipient, info=info).derive(shared)
