"""Who signs documents, and that nothing of a signed one can be changed."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from flask import Flask
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.paper.seal import Seal, UnfitSeal, seal, sealed
from app.paper.typeset import typeset
from tests.app.paper.test_documents import AT, DATA

PASSPHRASE = "a passphrase"


def a_seal_file(folder: Path, key, *, passphrase: str | None = PASSPHRASE) -> Path:
    """A PKCS#12 file as a certification authority hands it over."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the city's seal")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, since, until).add_extension(usage, critical=True)
    certificate = built.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    locked = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    path = folder / "seal.p12"
    path.write_bytes(serialize_key_and_certificates(b"seal", key, certificate, None, locked))
    return path


def settings(app: Flask, **changed: object) -> None:
    """The deployment's settings with some changed; the fixture's own come back with the next test's."""
    app.extensions["market.settings"] = replace(app.extensions["market.settings"], **changed)


@pytest.fixture
def with_settings(app: Flask):
    before = app.extensions["market.settings"]
    yield lambda **changed: settings(app, **changed)
    app.extensions["market.settings"] = before


def status(content: bytes, by: Seal):
    """What a reader's program says of the one signature, when it trusts the seal."""
    (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
    trusted = asn1.Certificate.load(by.certificate.public_bytes(Encoding.DER))
    return validate_pdf_signature(
        signature, ValidationContext(trust_roots=[trusted], moment=AT, best_signature_time=AT)
    )


def found() -> Seal:
    by = seal()
    assert by is not None
    return by


def test_a_demonstration_makes_its_own_seal_and_always_the_same(app: Flask) -> None:
    by = found()
    assert by.own
    assert by.fingerprint == found().fingerprint
    assert by.name == by.issuer == "DEMO-450800 demonstration seal"


def test_elsewhere_there_is_none_that_nobody_set(with_settings) -> None:
    with_settings(demonstration=False)
    assert seal() is None


@pytest.mark.parametrize("kind", ["elliptic", "rsa"])
@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_a_seal_of_a_file_signs(with_settings, tmp_path: Path, kind: str, passphrase: str | None) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "elliptic" else rsa.generate_private_key(65537, 2048)
    with_settings(
        demonstration=False,
        seal_file=a_seal_file(tmp_path, key, passphrase=passphrase),
        seal_passphrase=passphrase,
    )
    by = found()
    assert (by.own, by.name) == (False, "the city's seal")
    content = typeset("notice", DATA, at=AT)
    signed = sealed(content, by, at=AT)
    assert status(signed, by).bottom_line
    assert signed == sealed(content, by, at=AT)


def test_a_wrong_passphrase_and_a_foreign_key_are_named(with_settings, tmp_path: Path) -> None:
    path = a_seal_file(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    with_settings(seal_file=path, seal_passphrase="another")
    with pytest.raises(UnfitSeal, match="MARKET_SEAL_PASSPHRASE"):
        seal()
    a_seal_file(tmp_path, ed25519.Ed25519PrivateKey.generate())
    with_settings(seal_passphrase=PASSPHRASE)
    with pytest.raises(UnfitSeal, match="RSA or elliptic"):
        seal()


def test_no_byte_of_a_signed_document_can_be_changed(app: Flask) -> None:
    """A byte in thirty places all over the file, the signature's own zeros left out."""
    by = found()
    signed = sealed(typeset("notice", DATA, at=AT), by, at=AT)
    good = status(signed, by)
    assert good.bottom_line
    assert good.coverage.name == "ENTIRE_FILE"
    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    covered, after = signature.byte_range[1], signature.byte_range[2]
    places = [place for place in range(100, len(signed), len(signed) // 30) if not covered <= place < after]
    assert len(places) > 20
    assert [place for place in places if genuine(signed, place, by)] == []


def genuine(signed: bytes, place: int, by: Seal) -> bool:
    """Whether a reader's program still calls the file genuine when one bit of this byte is another."""
    changed = bytearray(signed)
    changed[place] ^= 1
    try:
        return bool(status(bytes(changed), by).bottom_line)
    except (PdfError, ValueError, KeyError, TypeError):
        return False
