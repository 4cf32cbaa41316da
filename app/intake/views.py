"""Files of many rows: what they may hold, a preview that writes nothing, the run, and what became of each row."""

from collections.abc import Mapping
from contextlib import closing
from io import BytesIO
from itertools import islice
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.clock import now
from app.intake import queries, services, writing
from app.intake.forms import ConfirmForm, FileForm, StopForm
from app.intake.judging import Fault, Preview
from app.intake.queries import PAGE
from app.intake.rules import ROWS
from app.refusal import NotFound
from app.web.door import actor, members
from app.web.filters import say, words
from app.web.paging import listing, parsed
from app.web.perform import hand_in

bp = Blueprint("intake", __name__, url_prefix="/imports")


@bp.get("/")
@members()
def mine() -> str:
    """What I may import, and what became of what I did."""
    who = actor()
    runs = queries.mine(who.account_id or 0, request.args.get("after"))
    return render_template("intake/list.html", kinds=queries.kinds_of(who), runs=runs)


def _examples(kind: str) -> Mapping[str, str]:
    prefix = f"intake_example.{kind}."
    return {name.removeprefix(prefix): text for name, text in words().items() if name.startswith(prefix)}


@bp.route("/<kind>", methods=["GET", "POST"])
@members()
def kind(kind: str) -> Answer:
    """One kind of file: its columns, the template, and the field for it."""
    columns, form, who = queries.columns(kind, actor(), now=now()), FileForm(), actor()

    def take() -> str:
        with closing(form.file.data) as sent:
            sha256 = services.take(who, kind, sent.stream, name=sent.filename or "", now=now())
        return url_for("intake.preview", kind=kind, sha256=sha256)

    return hand_in(
        form,
        page=lambda: render_template(
            "intake/kind.html", kind=kind, columns=columns, form=form, most=ROWS, examples=_examples(kind)
        ),
        do=take,
    )


@bp.get("/<kind>/template.xlsx")
@members()
def template(kind: str) -> Response:
    """The empty table."""
    columns = queries.columns(kind, actor(), now=now())
    spoken: dict[str, Any] = {
        "sheets": [say(f"intake_sheet.{name}") for name in ("rows", "columns", "codes")],
        "heads": [say(f"intake_head.{name}") for name in ("column", "required", "hint", "example")],
        "required": say("intake.required"),
        "optional": say("intake.optional"),
        "pick": say("intake.pick"),
        "examples": _examples(kind),
    }
    return _workbook(writing.template(columns, spoken), say(f"intake_file.{kind}"))


def _workbook(content: bytes, name: str) -> Response:
    return send_file(BytesIO(content), mimetype=files.XLSX, as_attachment=True, download_name=f"{name}.xlsx")


@bp.route("/<kind>/<sha256>", methods=["GET", "POST"])
@members()
def preview(kind: str, sha256: str) -> Answer:
    """What the file would do, row by row; the POST confirms it."""
    who, form = actor(), ConfirmForm()
    queries.intake_of(kind, who)
    upload = queries.upload(sha256, who.account_id or 0)
    if upload is None:
        return Answer(render_template("intake/expired.html", kind=kind), status=410, mimetype="text/html")
    name = upload.name

    def confirm() -> str:
        no = services.confirm(who, kind, sha256, seen=form.seen(), now=now())
        return url_for("intake.run", no=no)

    return hand_in(form, page=lambda: _preview(kind, sha256, name), do=confirm)


def _preview(kind: str, sha256: str, name: str) -> str:
    faulty = request.args.get("show") == "faulty"
    key = parsed(request.args.get("after"), (int,))
    found = queries.seen(kind, actor(), sha256, now=now(), anew=key is None)
    rows = [row for row in found.rows if (not faulty or row.faults) and (key is None or row.number > key[0])]
    page = listing(rows[: PAGE + 1], size=PAGE, key=lambda row: (row.number,))
    columns = [column for column in queries.columns(kind, actor(), now=now()) if column.field in found.fields]
    return render_template(
        "intake/preview.html",
        kind=kind,
        sha256=sha256,
        name=name,
        preview=found,
        faulty=faulty,
        page=page,
        columns=[column for column in columns if any(row.speaks_of(column.field) for row in page.rows)],
        headings={column.field: column.heading for column in columns},
        told=told(found),
        form=ConfirmForm(formdata=None, rows=found.ready),
        going_on=queries.running(kind, sha256, actor().account_id or 0),
    )


TOLD = 10
"""So many faults are listed above the table; it has them all."""


def told(found: Preview) -> list[tuple[int, Fault]]:
    """The first faults of a file, each with its row."""
    return list(islice(((row.number, fault) for row in found.rows for fault in row.faults), TOLD + 1))


@bp.get("/<kind>/<sha256>/faulty.xlsx")
@members()
def faulty(kind: str, sha256: str) -> Response:
    """The rows with faults, each with what is wrong."""
    found = queries.preview(kind, actor(), sha256, now=now())
    rows = [row for row in found.rows if row.faults]
    if not rows:
        raise NotFound("faulty rows")
    columns = [column for column in queries.columns(kind, actor(), now=now()) if column.field in found.fields]
    content = writing.faulty(columns, rows, heading=say("intake_head.faults"), sheet=say("intake_sheet.faulty"))
    return _workbook(content, say("intake_sheet.faulty"))


@bp.get("/runs/<no>")
@members()
def run(no: str) -> str:
    """How far a run is, and what became of each row."""
    account_id = actor().account_id or 0
    progress = queries.run_of(account_id, no)
    refused = request.args.get("show") == "refused"
    return render_template(
        "intake/run.html",
        run=progress,
        refused=refused,
        rows=queries.rows_of(account_id, no, request.args.get("after"), refused=refused),
        address=queries.kinds()[progress.kind].address,
        act=queries.kinds()[progress.kind].act,
        stop=StopForm(),
    )


@bp.post("/runs/<no>/stop")
@members()
def stop(no: str) -> Answer:
    """Leave the rest undone."""
    services.stop(actor().account_id or 0, no)
    flash("import_stopped", "info")
    return redirect(url_for("intake.run", no=no), code=303)
