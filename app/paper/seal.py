"""The electronic seal: a certificate and its key that sign documents as the market's (PAdES)."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from cryptography.x509.oid import NameOID

from app import built
from app.audit.services import market
from app.keyring import keyring
from app.settings import Settings

INFO = b"zjcs-demonstration-seal-1"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256: how many keys there are."""

SINCE = datetime(2017, 1, 1, tzinfo=UTC)
UNTIL = datetime(2049, 12, 31, tzinfo=UTC)
"""A demonstration's clock may stand anywhere in between."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class UnfitSeal(ValueError):
    """The seal's file holds no certificate with a key that the market can sign with."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signs; `own` where the market made the certificate itself, which nobody else vouches for."""

    certificate: x509.Certificate
    key: Key = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    own: bool = False

    @property
    def name(self) -> str:
        """Whose seal it is, in the certificate's words."""
        return _common_name(self.certificate.subject)

    @property
    def issuer(self) -> str:
        """Who vouches for it."""
        return _common_name(self.certificate.issuer)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex: what a reader's program shows too."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()


def seal() -> Seal | None:
    """This deployment's seal; in a demonstration one it makes itself, elsewhere none where none is set.

    Raises `UnfitSeal` for a file that holds none.
    """
    settings: Settings = built.part("settings")
    if settings.seal_file is not None:
        return _of_file(settings)
    return _own() if settings.demonstration else None


def _of_file(settings: Settings) -> Seal:
    path = settings.seal_file
    if path is None:
        raise UnfitSeal("MARKET_SEAL_FILE")
    word = settings.seal_passphrase
    try:
        key, certificate, chain = load_key_and_certificates(path.read_bytes(), None if word is None else word.encode())
    except ValueError as error:
        raise UnfitSeal("MARKET_SEAL_FILE is no PKCS#12 file of MARKET_SEAL_PASSPHRASE") from error
    if certificate is None or not isinstance(key, Key):
        raise UnfitSeal("MARKET_SEAL_FILE holds no certificate with an RSA or elliptic key")
    return Seal(certificate, key, tuple(chain))


def _own() -> Seal:
    """The seal of a demonstration: derived from the key that signs its log, so that there is nothing more to keep."""
    drawn = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=INFO).derive(keyring().signing)
    key = ec.derive_private_key(int.from_bytes(drawn) % (ORDER - 1) + 1, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{market()} demonstration seal")])
    serial = int.from_bytes(hashlib.sha256(drawn).digest()[:16]) | 1
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial, SINCE, UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return Seal(certificate, key, own=True)


def sealed(pdf: bytes, by: Seal, *, at: datetime) -> bytes:
    """The document with the seal's signature, which any change of it breaks; equal documents give equal bytes."""
    # A fifth of a second to load, and wanted by one page in a thousand.
    from app.paper import pades

    return pades.signed(pdf, by, at=at)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
