"""The reading view and its JSON twin: places, copies, versions, corrections and neighbours, as of a day."""

from datetime import date

import pytest
from fake_archive import HOSTILE, STORIES, FakeArchive, stored
from qa_fakes import add, engine, open_archive
from test_web_pages import Page

from index.article import Article
from qa.answer import Ask
from web.app import create_app
from web.present import cite_url
from web.settings import Settings

PIER = "Norvik Lines runs the old ferry pier in Port Ellery from Monday on, the harbour board decided on Friday."
GLAD = PIER + " NORVIK LINES was glad.\n\nFishing crews were not asked by Norvik Lines, they said. 🐟"
STORM = "A storm put off the regatta of Port Ellery by a week, the club said on Friday."


def record(key, published, title, text, source="Post"):
    url = f"https://{source.lower()}.example/{key}"
    return {"id": key, "title": title, "text": text, "published": published, "source": source, "url": url}


RECORDS = (
    record("p1", "2017-11-03", "Pier goes to Norvik", GLAD),
    record("p2", "2017-11-10", "Storm", STORM),
    record("p3", "2017-11-04", "Norvik takes pier", GLAD, "Courier"),
    record("p4", "2017-11-08", "Correction: Pier goes to Norvik", "A report of 3 November named the wrong day."),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with open_archive(tmp_path_factory.mktemp("reading") / "archive", RECORDS) as archive:
        changed = {**RECORDS[0], "text": PIER + " The board has changed its mind since.", "updated": "2017-11-15"}
        add(archive, [changed])
        yield archive


@pytest.fixture(scope="module")
def real(archive):
    return create_app(Settings(), engine(archive), examples=("Who?",)).test_client()


@pytest.fixture(scope="module")
def pier():
    """The id of the first version of the first article."""
    return Article("", "", key="p1", source="Post").base_id


def get(client, path, status=200, **more):
    response = client.get(path, **more)
    assert response.status_code == status, response.text
    return Page(response.text)


def answer_in(pier, **more):
    parameters = {"start": 0, "end": len(PIER), "answer_start": 0, "answer_end": len("Norvik Lines"), **more}
    return f"/articles/{pier}?" + "&".join(f"{name}={value}" for name, value in parameters.items())


def test_the_answers_words_are_marked_elsewhere_and_listed_with_links_to_them(real, pier):
    page = get(real, answer_in(pier))
    assert page.marks["answer"] == "Norvik Lines"
    assert page.marks["found"] == "NORVIK LINESNorvik Lines"
    assert "“Norvik Lines” in 2 other places" in page.text
    for link in page.links("#place-"):
        assert len(page.find(id=link.removeprefix("#"))) == 1
    assert page.links("#place-") == ["#place-1", "#place-2"]


def test_words_can_be_looked_for(real, pier):
    page = get(real, f"/articles/{pier}?find=CREWS&q=Who%3F")
    assert page.marks["found"] == "crews"
    assert "“CREWS” in 1 place" in page.text
    assert page.find(type="hidden", name="q", value="Who?")
    assert "“pump” is not in this article" in get(real, f"/articles/{pier}?find=pump").text
    assert "is nowhere else in this article" in get(real, answer_in(pier, find="norvik+lines+runs")).text


def test_copies_corrections_neighbours_and_versions_stand_beside(real, pier):
    page = get(real, f"/articles/{pier}")
    for words in ("Norvik takes pier", "Corrected by", "Storm", "Version 1, this one", "read the newer version"):
        assert words in page.text
    assert f"/articles/{pier}.2" in page.links("/articles/")
    assert "https://post.example/p1" in page.links("https://")


@pytest.mark.parametrize(
    ("as_of", "told", "untold"),
    [
        ("2017-11-03", [], ["Norvik takes pier", "Corrected by", "Storm", "newer version"]),
        ("2017-11-08", ["Norvik takes pier", "Corrected by"], ["Storm", "newer version"]),
        ("2017-11-15", ["Norvik takes pier", "Corrected by", "Storm", "newer version"], []),
        ("2017-11-02", ["did not hold this version yet"], ["Norvik takes pier", "Storm"]),
    ],
)
def test_nothing_later_than_as_of_is_told(real, pier, as_of, told, untold):
    page = get(real, f"/articles/{pier}?as_of={as_of}")
    assert [words for words in told if words not in page.text] == []
    assert [words for words in untold if words in page.text] == []
    kept = [link for link in page.links("/articles/") if "as_of=" + as_of not in link]
    assert kept == [f"/articles/{pier}"]  # the way back to today


def test_related_is_the_twin_of_the_page(real, pier):
    path = f"/api/v1/articles/{pier}/related"
    now = real.get(path).get_json()
    assert [row["title"] for row in now["copies"]] == ["Norvik takes pier"]
    assert [row["title"] for row in now["corrected_by"]] == ["Correction: Pier goes to Norvik"]
    assert [row["title"] for row in now["later"]] == ["Correction: Pier goes to Norvik", "Storm"]
    assert [row["superseded"] for row in now["versions"]] == ["2017-11-15", None]
    then = real.get(path + "?as_of=2017-11-03").get_json()
    assert {name: len(rows) for name, rows in then.items()} == {
        "versions": 1, "copies": 0, "corrected_by": 0, "earlier": 0, "later": 0,
    }  # fmt: skip
    assert then["versions"][0]["superseded"] is None
    assert real.get("/api/v1/articles/none/related").status_code == 404
    assert real.get(path + "?as_of=yesterday").get_json()["field"] == "as_of"


def test_an_article_can_be_read_in_part_and_searched(real, archive, pier):
    text = archive.article(pier).text
    part = real.get(f"/api/v1/articles/{pier}?offset=7&limit=5&find=norvik+lines").get_json()
    assert (part["text"], part["offset"], part["length"]) == (text[7:12], 7, len(text))
    assert [text[place["start"] : place["end"]] for place in part["occurrences"]] == [
        "Norvik Lines", "NORVIK LINES", "Norvik Lines",
    ]  # fmt: skip
    whole = real.get(f"/api/v1/articles/{pier}").get_json()
    assert (whole["text"], whole["occurrences"]) == (text, None)
    assert real.get(f"/api/v1/articles/{pier}?offset=999999").get_json()["text"] == ""


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=1000001", "limit"),
        ("limit=0", "limit"),
        ("offset=-1", "offset"),
        ("offset=x", "offset"),
        ("ofset=1", "ofset"),
        ("find=" + "x" * 201, "find"),
        ("find=a&find=b", "find"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(client, query, field):
    response = client.get(f"/api/v1/articles/harbour-1?{query}")
    assert (response.status_code, response.get_json()["field"]) == (422, field)


def test_as_of_that_is_no_day_is_refused_in_words(client):
    assert "as_of must be a date" in get(client, "/articles/harbour-1?as_of=soon", status=422).text


def test_fields_of_the_input_are_shown_as_text_and_cut_short(qa, client):
    fields = {"<b>odd</b>": HOSTILE, "long": "x" * 5000, "list": [1, "two"], **{f"n{i}": i for i in range(60)}}
    article = stored(STORIES[0])
    object.__setattr__(article, "metadata", fields)
    qa.articles["harbour-1"] = article
    page = get(client, "/articles/harbour-1")
    assert "<b>odd</b>" in page.text
    assert HOSTILE in page.text
    assert '[1, "two"]' in page.text
    assert "x" * 301 not in page.text
    assert "23 more fields in the JSON" in page.text
    assert not page.find(onerror="alert(1)")


@pytest.mark.parametrize(
    "text",
    ["x" * 1_000_000, "x\n" * 200_000, "pier " * 200_000, HOSTILE * 9_000],
    ids=["line", "lines", "hits", "markup"],
)
def test_long_and_hostile_articles_stay_whole_harmless_and_of_bounded_markup(qa, client, text):
    qa.articles["long"] = stored(("long", *STORIES[2][1:5], text, None))
    qa.__dict__["archive"] = FakeArchive(qa.articles.values())
    response = client.get("/articles/long?start=0&end=1000&answer_start=0&answer_end=4&find=pier")
    page = Page(response.text)
    assert "".join(text.split())[-500:] in "".join(page.text.split())
    assert len(page.tags) < 5000
    assert not [tag for tag, _ in page.tags if tag in ("img", "script")]


@pytest.mark.parametrize(
    ("referrer", "words", "address"),
    [
        ("http://localhost/archive?page=2", "Back to the archive", "/archive?page=2"),
        ("http://localhost/chats/abc", "Back to the conversation", "/chats/abc"),
        ("http://localhost/chats/abc/../x", "Ask this question", "/?q=Who?&as_of=2017-11-04"),
        ("http://elsewhere/archive", "Ask this question", "/?q=Who?&as_of=2017-11-04"),
    ],
)
def test_a_way_back_to_where_the_reader_came_from(client, referrer, words, address):
    page = get(client, "/articles/harbour-1?q=Who%3F&as_of=2017-11-04", headers={"Referer": referrer})
    assert "← " + words in page.text
    assert address in page.links("/")


def test_a_citations_address_takes_the_day_along(app, qa):
    citation = qa.ask(Ask(question="Who runs the ferry pier")).answer.citations[0]
    with app.test_request_context():
        assert "as_of" not in cite_url(citation)
        address = cite_url(citation, date(2017, 11, 30))
    assert "&as_of=2017-11-30#hit" in address
    assert (
        get(app.test_client(), address.removesuffix("#hit")).marks["answer"]
        == citation.quote[citation.answer_start - citation.start : citation.answer_end - citation.start]
    )
