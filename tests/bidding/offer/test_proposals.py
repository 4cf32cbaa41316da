"""Files of proposals on their way in: by page and by machine, never on a disk in clear, under the same limits."""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import files
from app.chance import fresh_key
from app.exchange import services as machines
from bidding.offer import proposals as proposal_files
from tests.builders.announcement import an_announcement
from tests.builders.judging import pdf
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed

LARGE = pdf("how it is measured " * 60_000)
"""Larger than what a web server keeps in memory unless told to (500 kB)."""

EDGE = "edge-of-a-part"


class Watched(io.BytesIO):
    """A request's body that looks, whenever it is read, at what this process has open beneath some folders."""

    def __init__(self, body: bytes, folders: list[Path]) -> None:
        super().__init__(body)
        self.folders = [str(folder) for folder in folders]
        self.seen: list[bytes] = []

    def readinto(self, buffer: Any, /) -> int:
        self.seen += list(self._open())
        return super().readinto(buffer)

    def _open(self) -> Iterator[bytes]:
        for each in Path("/proc/self/fd").iterdir():
            try:
                if any(os.readlink(each).startswith(folder) for folder in self.folders):
                    yield os.pread(int(each.name), len(LARGE), 0)
            except OSError:
                continue


def multipart(parts: dict[str, str], name: str, content: bytes) -> bytes:
    fields = "".join(
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in parts.items()
    )
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"; filename="plan.pdf"\r\n\r\n'
    return f"{fields}{head}".encode() + content + f"\r\n--{EDGE}--\r\n".encode()


def sent(client, path, body, folders, **headers):
    watched = Watched(body, folders)
    answer = client.post(
        path,
        input_stream=watched,
        content_length=len(body),
        content_type=f"multipart/form-data; boundary={EDGE}",
        headers=headers,
    )
    return answer, any(LARGE[:100_000] in each for each in watched.seen)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells what a process has open")
def test_a_large_proposal_is_never_on_a_disk_in_clear(app, client, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (agency,) = agencies(1)
    no = an_announcement(method="SCHEME_MERIT", budget_fen=1_000_000)
    a_registration(agency, no)
    client.sign_in("agency1")
    bearer = {"Authorization": f"Bearer {machines.make_token(agency.account_id, acts=['offer.submit'], days=1)}"}
    folders = [tmp_path, files.folder().parent]
    # An ordinary file does pass through the disk: the search would find it.
    plain, found = sent(client, "/api/v1/files", multipart({}, "file", LARGE), folders, **bearer)
    assert (plain.status_code, found) == (200, True)
    files.path(plain.json["sha256"]).unlink()

    typed = {"key": fresh_key(), "amount_fen": "8000", "days": "10"}
    page, by_page = sent(client, f"/announcements/{no}/offer", multipart(typed, "files", LARGE), folders)
    address = f"/api/v1/acts/offer.submit/files?subject={no}"
    body = multipart({}, "file", LARGE)
    machine, by_machine = sent(client, address, body, folders, **{**bearer, "Idempotency-Key": "m"})
    assert (page.status_code, machine.status_code, by_page, by_machine) == (200, 200, False, False)
    everywhere = [path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(len(each) > len(LARGE) for each in everywhere)
    assert not any(LARGE[1_000:2_000] in each for each in everywhere)


def test_a_machine_hands_in_a_proposal(app, client, monkeypatch):
    (agency,) = agencies(1)
    no = an_announcement(method="SCHEME_MERIT", budget_fen=1_000_000)
    a_registration(agency, no)
    token = machines.make_token(agency.account_id, acts=["offer.submit"], days=1)

    def asked(path, key, **what):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        return client.post(f"/api/v1/acts/{path}", headers=headers, **what)

    def sealed(content, key, subject=no, act="offer.submit"):
        file = (io.BytesIO(content), "plan.pdf")
        return asked(f"{act}/files?subject={subject}", key, data={"file": file})

    content = pdf("by machine")
    first = sealed(content, "f1")
    assert first.json["file"] == hashlib.sha256(content).hexdigest()
    assert sealed(content, "f1").json == first.json
    assert sealed(content, "f2").json["box"] != first.json["box"]
    assert files.known(first.json["box"]) is None
    refused = sealed(b"no document", "f3")
    assert (refused.status_code, refused.json["errors"][0]["type"]) == (422, "file_type")
    clear = files.store(io.BytesIO(content), account_id=agency.account_id or 0, name="plan.pdf")
    monkeypatch.setattr(files, "LARGEST", len(content) - 1)
    assert sealed(content, "f4").json["errors"][0]["type"] == "file_too_large"
    assert sealed(content, "").status_code == 422
    assert [sealed(content, "f5", subject="none").status_code, asked("offer.submit/files", "f6").status_code] == [
        404,
        422,
    ]
    assert (
        sealed(content, "f7", act="need.create").status_code,
        sealed(content, "f8", act="offer.hand_in").status_code,
    ) == (
        404,
        403,
    )
    assert client.post("/api/v1/acts/offer.submit/files").status_code == 401

    given = {"amount_fen": 800_000, "days": 10, "files": [first.json["file"]], "boxes": [first.json["box"]]}
    without = asked("offer.submit", "o1", json={"subject": no, "input": {**given, "boxes": []}})
    assert [one["code"] for one in without.json["refusals"]] == ["proposal_missing"]
    # What was sent in clear is no box.
    unsealed = asked("offer.submit", "o3", json={"subject": no, "input": {**given, "boxes": [clear.sha256]}})
    assert [one["code"] for one in unsealed.json["refusals"]] == ["file_unknown"]
    done = asked("offer.submit", "o2", json={"subject": no, "input": given})
    assert (done.status_code, f"file {first.json['file']}\n" in done.json["body"]) == (200, True)
    again = asked("offer.submit", "o2", json={"subject": no, "input": given}).json
    assert (again.keys(), again["receipt"]) == ({"subject", "receipt", "advice"}, done.json["receipt"])
    (proposal,) = proposal_files.proposals(closed(no).attempt_id).values()
    assert proposal_files.content(proposal[0]) == (content, ".pdf")
    assert "/api/v1/acts/offer.submit/files" in client.get("/api/openapi.json").json["paths"]
