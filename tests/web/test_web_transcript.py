"""A conversation as Markdown: whatever articles and people write, it reads back as the same text and is no markup."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from fake_archive import FakeQA
from markdown_it import MarkdownIt

from qa.answer import Ask
from web.chats import Chat, Turn
from web.transcript import markdown

MOMENT = datetime(2017, 12, 1, tzinfo=UTC)
PIER = "Who runs the ferry pier?"
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](javascript:alert(1)) [y](https://evil.example) <https://evil.example>",
    "**bold** _it_ `code` ~~gone~~ # no heading | no | table",
    "- no item",
    "1. no item",
    "12) no item",
    "+ no item",
    "===",
    "---",
    "> no quotation",
    "&lt;b&gt; &#42;x&#42; $x$",
    "a line\n\n# and a heading\n\n    and code",
    "\\*not escaped\\* \\",
    "[x]: https://evil.example",
    "\u202eright to left \u2028 and a line",
]


class Rendered(HTMLParser):
    """The tags of a page, and its text in the innermost tags asked about."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append((tag, []))

    def handle_endtag(self, tag):
        while self._open:
            name, words = self._open.pop()
            self.texts.append((name, "".join(words)))
            if name == tag:
                return

    def handle_data(self, data):
        for _, words in self._open:
            words.append(data)

    def said(self, tag):
        return [words for name, words in self.texts if name == tag]


def chat(title="", question=PIER, qa=None, **asked):
    ask = Ask(question=question, **asked)
    turn = Turn(position=1, created_at=MOMENT, asked=ask, response=(qa or FakeQA()).ask(ask))
    return Chat(id="c", title=title, created_at=MOMENT, updated_at=MOMENT, turns=1, exchanges=(turn,))


def altered(text, **where):
    """The conversation with `text` for title, question, answer, quotation, source and headline."""
    plain = chat(text)
    response = plain.exchanges[0].response
    citation = response.answer.citations[0].model_copy(
        update={"quote": text, "title": text, "source": text, "url": None, **where}
    )
    answer = response.answer.model_copy(update={"text": text, "citations": (citation,)})
    update = {"question": text, "understood_as": text, "answer": answer, "alternatives": ()}
    turn = plain.exchanges[0].model_copy(update={"response": response.model_copy(update=update)})
    return plain.model_copy(update={"exchanges": (turn,)})


def test_every_answer_has_its_words_its_standing_and_its_sources():
    text = markdown(chat("The pier", as_of="2017-11-30"))
    assert text.startswith(f"# The pier\n\n## {PIER}\n\nAs of 30 November 2017.\n\n**the town of Ellery**\n\n")
    assert "High confidence (87%), 1 independent source." in text
    assert "> A judge ruled on Monday that the old ferry pier" in text
    assert "Another answer found:\n\n**Norvik Lines**" in text
    assert (
        "[Harbour board hands the old ferry pier to Norvik Lines](<https://harbour-post.example/pier-norvik>)" in text
    )


def test_what_has_no_answer_says_so():
    assert "Nothing in the archive answers this." in markdown(chat(question="Who won?"))


def test_what_was_understood_is_told_where_it_differs():
    plain = chat()
    response = plain.exchanges[0].response.model_copy(update={"understood_as": "Who ran the ferry pier before?"})
    turn = plain.exchanges[0].model_copy(update={"response": response})
    assert "Understood as: Who ran the ferry pier before?" in markdown(plain.model_copy(update={"exchanges": (turn,)}))
    assert "Understood as" not in markdown(plain)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text):
    page = Rendered(markdown(altered(text)))
    assert {tag for tag, _ in page.tags} <= {"h1", "h2", "p", "strong", "blockquote"}
    words = " ".join(text.split())
    assert page.said("h1") == page.said("h2") == page.said("strong") == [words]
    assert page.said("blockquote")[0].strip().startswith(words)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "https://x.example/<script>", "https://x.example/<script", "https://x.example/)\n<b>"],
)
def test_hostile_addresses_are_left_out(url):
    page = Rendered(markdown(altered("A quiet title", url=url)))
    assert not [tag for tag, _ in page.tags if tag not in ("h1", "h2", "p", "strong", "blockquote")]


def test_a_web_address_is_a_link_as_it_stands():
    url = "https://news.example/a_(b)*c*?d=[e]&amp;f=g"
    page = Rendered(markdown(altered("Title", url=url)))
    (href,) = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert href.startswith("https://news.example/a_(b)*c*?d=")
