"""The pages of archives: one archive and its package, the supplement, and how to verify a manifest."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.web.door import actor, door, members, public
from app.web.perform import perform
from ratings.archive import queries
from ratings.archive.forms import SealedForm, SupplementForm
from ratings.archive.rules import ArchiveAct

bp = Blueprint("archive", __name__)


@bp.get("/archives/<no>")
@public
def page(no: str) -> str:
    """One archive: since when it is sealed, by whom, under which hash; its files for whom they concern."""
    return render_template("ratings/archive/page.html", page=queries.page(queries.by_no(no), actor=actor()))


@bp.get("/archives/<no>/archive.zip")
@members()
def package(no: str) -> Response:
    """The package as it was sealed, with the files that this reader may have."""
    manifest, pieces = queries.pieces(queries.by_no(no), actor())
    sent = Response(files.packed(manifest, pieces), mimetype="application/zip")
    sent.headers["Content-Disposition"] = f'attachment; filename="{no}.zip"'
    return sent


@bp.get("/archives/<no>/MANIFEST.json")
@members()
def manifest(no: str) -> Response:
    """The manifest alone."""
    sent = Response(queries.pieces(queries.by_no(no), actor())[0].content, mimetype="application/json")
    sent.headers["Content-Disposition"] = 'attachment; filename="MANIFEST.json"'
    return sent


@bp.route("/contracts/<no>/supplement", methods=["GET", "POST"])
@door(ArchiveAct.SUPPLEMENT)
def supplement(no: str) -> Answer:
    """Seal what changed since."""
    own, form = queries.own(no, actor=actor()), SupplementForm()
    return perform(
        ArchiveAct.SUPPLEMENT,
        form,
        no,
        page=lambda: render_template("ratings/archive/supplement.html", page=own, form=form),
        after=lambda done: url_for("contract.page", no=no) + "#sealed-archive",
    )


@bp.route("/verify/archive", methods=["GET", "POST"])
@public
def verify() -> tuple[str, int]:
    """Whether this market sealed an archive under this hash; `?sha256=` asks with an address."""
    form = SealedForm() if request.method == "POST" else SealedForm(request.args, meta={"csrf": False})
    asked, held = form.asked() if form.validate() else (None, False)
    archive = queries.sealed_as(asked) if asked else None
    found = render_template(
        "ratings/archive/verify.html",
        form=form,
        asked=asked,
        held=held,
        page=None if archive is None else queries.page(archive, actor=actor(), held=held),
    )
    return found, 422 if form.errors else 404 if asked and archive is None else 200
