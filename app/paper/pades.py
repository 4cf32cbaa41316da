"""PAdES: the one signature over a finished PDF, by pyHanko; loaded only when a document is sealed."""

import asyncio
import hashlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.paper.seal import Seal
from app.values import SHANGHAI

DIGEST = "sha256"
FIELD = "Seal"
RESERVED = 16_384
"""Hex digits kept free for the signature with its certificates."""

T = TypeVar("T")


def signed(pdf: bytes, by: Seal, *, at: datetime) -> bytes:
    """The PDF with one certifying signature after which nothing may be changed; `at` is when it says it was made."""
    writer = Repeatable(BytesIO(pdf))
    # The file's own mark must follow from its content, or the same notice would never be the same file.
    writer._document_id[1] = generic.ByteStringObject(hashlib.sha256(pdf).digest()[:16])
    steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(FIELD)).write_cms(field_name=FIELD, writer=writer)
    next(steps)
    placeholder = SignatureObject(
        timestamp=at.astimezone(SHANGHAI), subfilter=SigSeedSubFilter.PADES, bytes_reserved=RESERVED
    )
    lock = SigMDPSetup(md_algorithm=DIGEST, certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=lock))
    prepared, output = steps.send(SigIOSetup(md_algorithm=DIGEST))
    signature = KeySigner(by).async_sign(prepared.document_digest, DIGEST, use_pades=True)
    steps.send(_done(signature))
    return bytes(output.getvalue())


def _done(step: Coroutine[Any, Any, T]) -> T:
    """What an asynchronous step gives, run in a thread of its own: this one may have an event loop already."""
    with ThreadPoolExecutor(max_workers=1) as alone:
        return alone.submit(asyncio.run, step).result()


class Repeatable(IncrementalPdfFileWriter):
    """Adds the signature and nothing else: no present instant, so that the document's own dates stay."""

    def _update_meta(self) -> None:
        return


class KeySigner(Signer):
    """Signs with the seal's key, the same bytes with the same signature."""

    def __init__(self, by: Seal) -> None:
        self.key = by.key
        own, *others = (x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in (by.certificate, *by.chain))
        known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        known.register_multiple(others)
        super().__init__(signing_cert=own, cert_registry=known)

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
