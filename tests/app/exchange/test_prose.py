"""Our documents as pages."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.exchange.prose import Passage, passages


def test_headings_paragraphs_and_code():
    source = "# Title\n\n## Part\nOne `a<b` and **two**.\n   ```\n   <no>\n   x\n   ```\nEnd\n"
    assert passages(source) == (
        Passage("heading", Markup("Part")),
        Passage("paragraph", Markup("One <code>a&lt;b</code> and <strong>two</strong>.")),
        Passage("code", Markup("&lt;no&gt;\nx")),
        Passage("paragraph", Markup("End")),
    )


@given(st.text("ab`*<>&\"'# \n"))
def test_no_markup_of_the_source_survives(source):
    for passage in passages(source):
        rest = passage.text
        for tag in ("<code>", "</code>", "<strong>", "</strong>"):
            rest = rest.replace(tag, Markup(""))
        assert not set("<>") & set(rest)
