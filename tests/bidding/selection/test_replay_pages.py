"""The replay of a selection for everybody, of a file for whoever has one, and what neither shows."""

import io
import json
import re

import pytest

from bidding.selection import records, replay
from bidding.selection.views import HEAVY
from tests.builders import auction
from tests.builders.announcement import an_announcement
from tests.builders.bidding import CEILING, STEP, a_bid, an_auction, begun, over
from tests.builders.offer import an_offer
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed, drawn
from tests.counting import questions
from tests.grounds import ready


@ready
def selected(method, *, found=None, **what):
    """An announcement of a method before its closing, and who takes part."""
    found = found or agencies(3)
    no = an_announcement(method=method, budget_fen=1_000_000, **what)
    for place, agency in enumerate(found):
        a_registration(agency, no)
        if method != "RANDOM":
            an_offer(agency, no, amount_fen=900_000 + 10_000 * place)
    return no, found


@pytest.mark.parametrize("method", ["RANDOM", "BID_LOW", "BID_AVG"])
def test_everybody_follows_a_selection_from_the_same_instant_as_its_transcript(app, client, method):
    no, found = selected(method, fund="fiscal")
    for address in ("replay", "transcript.json"):
        assert client.get(f"/announcements/{no}/{address}").status_code == 404
    closed(no)
    for address in ("replay", "transcript.json"):
        assert client.get(f"/announcements/{no}/{address}").status_code == 404
    assert "/replay" not in client.get(f"/announcements/{no}/record").text
    drawn(no)
    page = client.get(f"/announcements/{no}/replay?attempt=1")
    assert page.status_code == 200
    assert "重算一致" in page.text
    told = records.replayed(no)
    assert [f'id="step-{step.number}"' in page.text for step in told.steps] == [True] * len(told.steps)
    assert all(agency.code in page.text for agency in found)
    assert client.get(f"/announcements/{no}/replay?attempt=2").status_code == 404
    for address in (f"/announcements/{no}/record", f"/announcements/{no}"):
        assert f"/announcements/{no}/replay" in client.get(address).text


def test_an_auction_is_replayed_once_it_is_over(app, client):
    no, (first, second, _) = an_auction()
    begun(no)
    a_bid(first, no, CEILING)
    a_bid(second, no, CEILING - STEP)
    assert client.get(f"/announcements/{no}/replay").status_code == 404
    over(no)
    page = client.get(f"/announcements/{no}/replay").text
    assert "重算一致" in page
    assert page.count("<tr data-frame=") == 3 + 2  # the order of three, two offers
    assert client.get(f"/announcements/{no}/replay?step=6").text.count("<tr data-frame=") == 2


def test_one_state_at_a_time(app, client):
    no, _ = selected("BID_LOW", fund="social")
    drawn(no)
    last = len(records.replayed(no).views)
    seen = []
    address = f"/announcements/{no}/replay?attempt=1&step=1"
    while address:
        page = client.get(address).text
        seen += re.findall(r'<h2 id="step-(\d+)"', page)
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [str(number) for number in range(1, last + 1)]
    assert 'rel="prev"' in page
    for wrong in ("0", str(last + 1)):
        assert client.get(f"/announcements/{no}/replay?step={wrong}").status_code == 404


def test_a_state_of_an_auction_shows_nothing_that_comes_later(client):
    page = client.get("/verify/replay/auction?step=16").text
    assert page.count("<tr data-frame=") == 12
    assert "42,900.00" in page
    assert "42,600.00" not in page
    assert "第 12 次，共 15 次" in page


def test_more_registrants_are_not_more_questions(app, client):
    counts, found = [], agencies(5)
    for count in (2, 5):
        no, _ = selected("BID_LOW", found=found[:count], fund="social")
        drawn(no)
        client.get(f"/announcements/{no}/replay")
        with questions() as asked:
            client.get(f"/announcements/{no}/replay")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def handed_in(client, text="", file=None):
    """The answer to a file or a text that a stranger hands in."""
    data = {"text": text}
    if file is not None:
        data["file"] = (io.BytesIO(file), "transcript.json")
    return client.post("/verify/replay", data=data, content_type="multipart/form-data")


def test_a_stranger_hands_in_a_file_or_its_text(client):
    assert client.get("/verify/replay").status_code == 200
    content = auction.FILE.read_bytes()
    for answer in (handed_in(client, file=content), handed_in(client, text=content.decode())):
        assert answer.status_code == 200
        assert "重算一致" in answer.text
        assert "清源工程咨询有限公司" in answer.text
        assert "1&nbsp;B" in answer.text
        # Nothing of it comes back in the form, which takes the next one.
        assert "zjcs-transcript-1" not in answer.text


def test_only_so_many_strangers_at_once_have_a_file_recomputed(client):
    with HEAVY.inside(), HEAVY.inside():
        answer = handed_in(client, text="{}")
        assert (answer.status_code, "5 秒以后" in answer.text) == (429, True)
        assert client.get("/verify/replay").status_code == 200
    assert handed_in(client, text="{}").status_code == 422


def test_contradictions_are_named_and_what_follows_from_them_is_not_shown(client):
    found = json.loads(auction.FILE.read_bytes())
    found["live"][3]["amount"] = 4_689_999
    page = handed_in(client, text=json.dumps(found)).text
    assert "重算一致" not in page
    assert "竞价中有一次报价按规则不应计入" in page
    assert "这一步没有展示" in page
    assert "41,900.00" not in page
    assert "东湖项目管理有限公司" in page  # the frozen list stands before the contradiction


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "请选择一个文件，或者粘贴全文"),
        ("not json", "这不是一份完整的全程记录"),
        ('{"format":"zjcs-receipt-1","mine":"<b>1</b>"}', "这不是一份完整的全程记录"),
    ],
)
def test_what_is_no_transcript_gets_a_sentence_and_stays_typed(client, text, says):
    answer = handed_in(client, text=text)
    assert answer.status_code == 422
    assert says in answer.text
    assert text.replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;") in answer.text


def test_a_file_that_is_too_large_is_told_the_other_way(client):
    with handed_in(client, file=b"x" * (replay.MOST_BYTES + 1)) as answer:
        assert answer.status_code == 422
        assert "超过2MB" in answer.text
        assert "transcript.zip" in answer.text
        answer.request.input_stream.close()


def test_words_from_a_file_are_never_markup(client):
    found = json.loads(auction.FILE.read_bytes())
    found["record"]["names"][found["result"][0]["id"]] = "<script>alert(1)</script>"
    page = handed_in(client, text=json.dumps(found)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_recorded_auction_is_downloaded_as_it_is(client):
    with client.get("/verify/replay/auction.json") as answer:
        assert answer.data == auction.FILE.read_bytes()
