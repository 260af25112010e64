from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from fake_archive import HOSTILE, FakeQA

from qa.answer import Ask, AskResponse
from web.app import create_app
from web.present import chips, confidence, count, date_range, day, web_link
from web.settings import Settings

PIER = "/?q=Who+runs+the+ferry+pier"


class Page(HTMLParser):
    """Tags with their attributes, and the text inside <mark>s."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.marks, self._mark = [], {"answer": "", "quote": "", "found": ""}, None
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._mark = dict(attrs)["class"]

    def handle_endtag(self, tag):
        if tag == "mark":
            self._mark = None

    def handle_data(self, data):
        self.text += data
        if self._mark:
            self.marks[self._mark] += data

    def links(self, start=""):
        return [a["href"] for tag, a in self.tags if tag == "a" and a["href"].startswith(start)]

    def find(self, **wanted):
        return [(tag, a) for tag, a in self.tags if all(a.get(k.rstrip("_")) == v for k, v in wanted.items())]


def get(client, path, status=200, **kw):
    response = client.get(path, **kw)
    assert response.status_code == status, response.text
    return Page(response.text)


def test_start_page_offers_a_box_examples_and_says_what_it_holds(client):
    page = get(client, "/")
    assert page.find(id="q")
    assert "/?q=Who+runs+the+ferry+pier?" in page.links("/?q=")
    assert "3 articles published 3 November 2017 to 20 November 2017" in page.text
    assert "Sample archive" in page.text
    assert "Who won the <b>regatta</b>?" in page.text


def test_sample_label_only_on_samples():
    page = get(create_app(Settings(), FakeQA(sample=False)).test_client(), "/")
    assert "Sample archive" not in page.text


def test_answer_is_verbatim_in_its_sentence_with_source_and_date(client):
    page = get(client, PIER + "&as_of=2017-11-10")
    assert page.marks["answer"] == "Norvik Lines"
    assert "After a vote of six to one" in page.text
    assert "Sample Harbour Post" in page.text
    assert "3 November 2017" in page.text
    assert "High confidence" in page.text
    assert "1 independent source" in page.text


def test_citation_link_opens_the_article_at_the_answer(client):
    page = get(client, PIER)
    link = page.links("/articles/harbour-2?start=")[0]
    assert link.endswith("#hit")
    article = get(client, link.removesuffix("#hit"))
    assert article.marks["answer"] == "the town of Ellery"
    assert article.marks["quote"].startswith("A judge ruled")
    assert len(article.find(id="hit")) == 1


def test_further_citations_and_alternatives(client):
    assert "Other answers found" in get(client, PIER).text
    assert "Also reported by" in get(client, PIER + "+further").text


def test_no_answer_says_what_was_searched_and_labels_the_nearest(client):
    page = get(client, "/?q=Who+won")
    assert "Nothing in the archive answers this" in page.text
    assert "3 articles" in page.text
    assert "related, but not an answer" in page.text
    page = get(client, "/?q=Who+won&before=1999-01-01&source=Demo+Courier")
    assert "No article matches these dates and sources" in page.text


def test_filters_are_shown_kept_in_the_form_and_removable_one_by_one(client):
    page = get(client, PIER + "&as_of=2017-11-30&source=Demo+Courier&source=Sample+Harbour+Post")
    chips = [a["href"] for tag, a in page.tags if tag == "a" and "data-ask" in a and "aria-label" not in a]
    assert chips[:3] == [
        PIER + "&source=Demo+Courier&source=Sample+Harbour+Post",
        PIER + "&as_of=2017-11-30&source=Sample+Harbour+Post",
        PIER + "&as_of=2017-11-30&source=Demo+Courier",
    ]
    assert page.find(id="as_of")[0][1]["value"] == "2017-11-30"
    assert [a["value"] for tag, a in page.tags if "checked" in a] == ["Sample Harbour Post", "Demo Courier"]


def test_filters_that_the_question_implies_are_shown_and_todays_default_is_not(app):
    ask = Ask(question="Who?", before="2017-11-30")

    def labels(as_of):
        response = AskResponse.model_validate(dict(FakeQA().ask(ask)) | {"as_of": as_of})
        with app.test_request_context():
            return [(chip.label, chip.remove) for chip in chips(ask, response)]

    assert labels(datetime.now(UTC).date()) == [("Until 30 November 2017", "/?q=Who?")]
    assert labels(date(2017, 12, 1))[0] == ("As of 1 December 2017", None)


def test_a_filter_that_is_no_day_stands_beside_the_box_as_it_was_written(client):
    assert "As of soon ×: remove" in get(client, "/?as_of=soon&q=x", status=422).text
    assert get(client, "/?as_of=soon&q=x", status=422).links("/?q=x") == ["/?q=x"]


def test_the_box_names_nothing_that_an_archive_may_lack(client):
    assert get(client, "/").find(id="q")[0][1]["placeholder"] == "Ask about the news in this archive"


def test_the_links_at_the_foot_are_items_of_a_list(client):
    tags = [tag for tag, _ in get(client, "/").tags]
    assert tags[tags.index("footer") :] == ["footer", "ul", "li", "a", "li", "a"]


def unfolded(page):
    return any(tag == "details" and a.get("class") == "filters" and "open" in a for tag, a in page.tags)


def test_filters_are_folded_away_when_none_is_set_and_once_the_chips_say_them(client):
    assert not unfolded(get(client, PIER))
    assert not unfolded(get(client, PIER + "&as_of=2017-11-30"))


def test_filters_are_unfolded_while_there_is_no_answer_to_cover(client):
    assert unfolded(get(client, "/?as_of=2017-11-30"))


def test_blank_fields_of_the_form_leave_the_address(client):
    response = client.get("/?q=Who+runs+it%3F&as_of=&after=&before=2017-11-10&source=")
    assert response.status_code == 302
    assert response.location == "/?q=Who+runs+it%3F&before=2017-11-10"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("q=", "empty"),
        ("q=" + "x" * 2001, "2,000"),
        ("q=x&befor=2017-01-01", "Did you mean 'before'"),
        ("q=x&as_of=yesterday", "as_of must be a date"),
        ("q=x&as_of=2017-01-01&as_of=2018-01-01", "more than once"),
        ("q=x&source=Nobody", "no source"),
        ("as_of=nonsense", "as_of must be a date"),
    ],
)
def test_slips_are_said_beside_the_form_which_keeps_what_was_typed(client, query, words):
    page = get(client, "/?" + query, status=422)
    assert words in page.text
    assert page.find(role="alert")
    assert page.find(id="q")


def test_the_form_and_the_links_of_the_page_lead_to_each_other(client):
    page = get(client, PIER)
    assert page.find(id="ask")[0][1] | {"action": "/ask", "method": "post"} == page.find(id="ask")[0][1]
    assert client.get("/answer?q=Who").status_code == 404
    assert client.get("/ask?q=Who").status_code == 405


def test_an_answer_has_an_address_with_the_version_of_the_archive(client):
    (permanent,) = [link for link in get(client, PIER + "&as_of=2017-11-10").links("/?q=") if "version=" in link]
    assert permanent == PIER + "&as_of=2017-11-10&version=7"
    assert get(client, permanent).marks["answer"] == "Norvik Lines"


def test_dots_of_the_timeline_ask_as_of_their_day(client):
    page = get(client, PIER)
    dots = [a["href"] for tag, a in page.tags if tag == "a" and a.get("aria-label", "").startswith("Ask as of")]
    assert dots == [PIER + "&as_of=2017-11-03", PIER + "&as_of=2017-11-20"]


@pytest.mark.parametrize(
    "query",
    [
        "start=5&end=2",
        "start=0&end=99999999",
        "start=-1&end=4",
        "start=a&end=b",
        "start=3",
        "start=" + "9" * 5000 + "&end=3",
        "start=²&end=3",
        "start=0&end=10&answer_start=5&answer_end=5",
        "start=&end=",
    ],
)
def test_bad_offsets_show_the_article_plainly_with_a_note(client, query):
    page = get(client, "/articles/harbour-1?" + query)
    assert "nothing is highlighted" in page.text
    assert "The harbour board met" in page.text
    assert not page.find(id="hit")


def test_reading_view_tells_source_date_author_and_original(client):
    page = get(client, "/articles/harbour-1")
    assert "A. Sampleson" in page.text
    assert "3 November 2017, 09:30 UTC" in page.text
    (_, original), *_ = [(t, a) for t, a in page.tags if a.get("href", "").startswith("https://")]
    assert original["rel"] == "noreferrer noopener"
    assert "nothing is highlighted" not in page.text


def test_superseded_article_points_to_the_newer(client):
    assert "/articles/harbour-1" in get(client, "/articles/harbour-0").links()


def test_unknown_article_is_a_page_in_words(client):
    assert "no article" in get(client, "/articles/none", status=404).text


def test_back_link_returns_to_the_answer_on_this_site_only(client):
    def back(referrer):
        page = get(client, "/articles/harbour-1", headers={"Referer": referrer})
        tags = iter(page.tags)
        assert ("p", {"class": "back"}) in tags  # so that the next is the link in it
        return next(tags)[1]["href"]

    assert back("http://localhost/?q=a&as_of=2017-11-03") == "/?q=a&as_of=2017-11-03"
    assert back("http://evil.example/?q=a") == "/"
    assert back("http://localhost/articles/x?q=a") == "/"
    assert back("http://localhost/chats/0a1b2c3d") == "/chats/0a1b2c3d"


@pytest.mark.parametrize("path", ["/articles/hostile", "/articles/hostile?start=0&end=40", "/?q=pumpkins", "/?q=none"])
def test_hostile_articles_are_harmless_text(client, path):
    page = get(client, path)
    assert not page.find(src="x")
    assert all(a.get("src", "").startswith("/static/") for tag, a in page.tags if tag == "script")
    assert not any(name.startswith("on") or name == "style" for _, a in page.tags for name in a)
    assert not any(tag in ("b", "i", "img") for tag, _ in page.tags)
    if path.startswith("/articles"):
        assert HOSTILE[:28] in page.text


def test_hostile_address_is_never_a_link(client):
    assert not any("javascript" in link for link in get(client, "/articles/harbour-2").links())
    assert "javascript:alert(1)" in get(client, "/articles/harbour-2").text


def test_hostile_question_is_text(client):
    page = get(client, "/?q=%3Cscript%3Ealert(1)%3C/script%3E%22onfocus=%22")
    assert all(a["src"].startswith("/static/") for tag, a in page.tags if tag == "script")
    assert page.find(id="q")[0][1]["value"] == '<script>alert(1)</script>"onfocus="'


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//host",
        "http:///path",
        "https://[bad",
        "ftp://host/",
        "",
        None,
    ],
)
def test_only_web_addresses_are_links(url):
    assert web_link(url) is None


def test_words():
    assert web_link("https://news.example/a?b=1") == "https://news.example/a?b=1"
    assert day("2017-11-03") == "3 November 2017"
    assert day(None) == "date unknown"
    assert date_range("2017-11-03", "2017-11-03") == "published 3 November 2017"
    assert date_range(None, None) == "with no known date"
    assert [count(n, "article") for n in (0, 1, 11_775)] == ["0 articles", "1 article", "11,775 articles"]
    assert [confidence(p) for p in (0, 0.5, 1)] == ["Low confidence", "Fair confidence", "High confidence"]


def test_a_referrer_that_is_no_address_is_ignored(client):
    assert client.get("/articles/harbour-1", headers={"Referer": "http://["}).status_code == 200
