"""A document as PDF: one template of `app/data/documents`, its data as JSON, its fonts inside it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"


def typeset(name: str, data: Mapping[str, object], *, at: datetime) -> bytes:
    """The PDF of a template with its data; equal data give equal bytes. `at` is the instant that the file names.

    The data reach the template as one JSON text, never as part of its source: nothing in them can be a command.
    """
    # Thirty megabytes, and wanted by one page in a thousand.
    import pylopdf_fonts_zh_cn
    import typst

    return typst.compile(
        DOCUMENTS / f"{name}.typ",
        root=DOCUMENTS,
        font_paths=[Path(pylopdf_fonts_zh_cn.__file__).parent],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        format="pdf",
        pdf_standards=["a-2a"],
        timestamp=at.astimezone(UTC).replace(microsecond=0),
    )


def square(address: str) -> str:
    """The QR code of an address as SVG; a tenth of it may be soiled and it is still read."""
    import segno

    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()
