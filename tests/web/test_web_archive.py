"""The archive page, and the lists of the API that stand behind it."""

import json

import pytest
from qa_fakes import engine, open_archive
from test_web_pages import Page, get

from web.app import create_app
from web.settings import Settings

HOSTILE_SOURCE = 'Wire <img src=x onerror="alert(1)"> & co'


def record(key, published, source="Post", language="en"):
    text = f"Member {key} of the harbour board spoke on {published} about the pier of Port Ellery, for {key} hours."
    return {
        "id": key,
        "title": f"Title {key}",
        "text": text,
        "published": published,
        "source": source,
        "language": language,
    }


RECORDS = (
    *(record(f"m{i:02}", f"2017-{i:02}-05") for i in range(1, 13)),
    *(record(f"day{i:02}", f"2018-02-{i % 28 + 1:02}") for i in range(45)),
    record("undated", None),
    record("hostile", "2018-01-09", HOSTILE_SOURCE, "fr"),
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with open_archive(tmp_path_factory.mktemp("browsing") / "archive", RECORDS) as archive:
        rejects = archive.folder / "rejects"
        rejects.mkdir()
        lines = [{"where": f"/srv/in/<b>{i}<hr>.txt", "reason": "no text", "detail": "Mend it."} for i in range(30)]
        (rejects / "20171103T090000.000000.jsonl").write_text("\n".join(map(json.dumps, lines)))
        yield archive


@pytest.fixture(scope="module")
def client(archive):
    return create_app(Settings(), engine(archive), examples=("Who?",)).test_client()


def test_it_tells_what_the_archive_holds(client):
    page = get(client, "/archive")
    for words in ("What the archive holds", "Articles, by month", "Last additions", "30 rejects", "February 2018"):
        assert words in page.text
    assert "59 articles, page 1 of 2" in page.text
    assert "1.7\xa0%" in page.text


def test_every_page_links_to_it(client):
    assert "/archive" in get(client, "/").links("/archive")


def test_bars_and_table_lead_to_the_articles_of_the_month(client):
    page = get(client, "/archive")
    month = "/archive?after=2017-03-01&before=2017-03-31#articles"
    assert page.links("/archive?after=2017-03").count(month) == 2
    narrowed = get(client, month)
    assert "1 article" in narrowed.text
    assert any(a.get("href", "").startswith("/articles/") for tag, a in narrowed.tags if tag == "a")
    assert page.links("/archive?undated=1").count("/archive?undated=1#articles") == 2
    assert "1 article ·" in " ".join(get(client, "/archive?undated=1").text.split())


def test_the_drawing_is_one_picture_without_script_or_style(client):
    response = client.get("/archive")
    page = Page(response.text)
    assert "style-src 'self'" in response.headers["Content-Security-Policy"]
    assert not [a for _, a in page.tags if "style" in a or "onclick" in a]
    assert not [tag for tag, _ in page.tags if tag in ("style", "script")]
    assert len(page.find(role="img")) == 1
    inside = response.text.split('<g role="img">')[1].split("</g>")[0]
    assert "<title>" in inside
    assert "<desc>58 dated articles" in inside
    assert "<a " not in inside  # nothing to reach within a picture: the addresses are in the table


def test_lists_are_paged_and_filters_are_shown_kept_and_removable(client):
    first = get(client, "/archive?source=Post")
    assert "/archive?source=Post&page=2#articles" in first.links("/archive")
    second = get(client, "/archive?source=Post&page=2")
    assert "58 articles, page 2 of 2" in second.text
    assert "/archive?source=Post&page=1#articles" in second.links("/archive")
    assert "/archive#articles" in second.links("/archive#")
    assert [a["value"] for tag, a in second.tags if tag == "option" and "selected" in a] == ["Post"]
    assert "There is no page 9" in get(client, "/archive?page=9").text
    assert "No article is like that" in get(client, "/archive?before=1999-01-01").text


def test_blank_fields_of_the_form_leave_the_address(client):
    response = client.get("/archive?source=Post&language=&after=&order=")
    assert (response.status_code, response.location) == (302, "/archive?source=Post")


def test_hostile_names_are_text_and_still_lead_to_their_articles(client):
    page = get(client, "/archive")
    assert HOSTILE_SOURCE in page.text
    assert not page.find(onerror="alert(1)")
    assert "<b>0<hr>.txt" in page.text
    assert "/srv/in" not in page.text
    link = next(link for link in page.links("/archive?source=Wire"))
    assert "1 article ·" in " ".join(get(client, link).text.split())


def api(client, path, status=200):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == status, response.text
    return response.get_json()


def test_articles_are_listed_with_their_number(client):
    found = api(client, "articles?limit=2&offset=1")
    assert found["total"] == 59
    assert [row["published_at"] for row in found["articles"]] == ["2018-02-27T00:00:00Z", "2018-02-26T00:00:00Z"]
    assert "text" not in found["articles"][0]
    assert [row["title"] for row in api(client, "articles?language=fr")["articles"]] == ["Title hostile"]
    assert api(client, "articles?undated=1")["total"] == 1
    assert api(client, "articles?as_of=2017-02-05")["total"] == 2
    assert api(client, "articles?after=2017-02-01&before=2017-03-31&source=Post")["total"] == 2
    everything = [row["article_id"] for offset in (0, 30) for row in
                  api(client, f"articles?limit=30&offset={offset}")["articles"]]  # fmt: skip
    assert len(set(everything)) == 59


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        ("after=2018-01-01&before=2017-01-01", "after"),
        ("after=2018-13-01", "after"),
        ("source=Pots", "source"),
        ("sources=Post", "sources"),
        ("source=Post&source=Post", "source"),
        ("undated=2", "undated"),
        ("undated=1&after=2018-01-01", "undated"),
        ("order=oldest", "order"),
    ],
)
def test_what_cannot_be_listed_is_refused_by_name(client, query, field):
    assert api(client, f"articles?{query}", 422)["field"] == field
    if "limit" not in query:
        get(client, f"/archive?{query}", 422)


def test_the_archive_is_described_without_the_folders_of_this_machine(client, archive):
    told = api(client, "archive")
    assert sum(row["articles"] for row in told["months"]) + told["undated"] == told["articles"] == 59
    assert {"month": "2018-02", "articles": 45} in told["months"]
    assert told["sources"][0] == {
        "source": "Post", "articles": 58, "first_published": "2017-01-05", "last_published": "2018-02-28",
    }  # fmt: skip
    assert {row["language"]: row["articles"] for row in told["languages"]} == {"en": 58, "fr": 1}
    assert len(told["last_added"]) == 10
    assert told["rejects"]["total"] == 30
    assert told["rejects"]["reasons"] == [{"reason": "no text", "rejects": 30}]
    assert str(archive.folder) not in client.get("/api/v1/archive").text
    assert "/srv/in" not in client.get("/api/v1/archive").text


def test_an_empty_archive_says_so(tmp_path):
    with open_archive(tmp_path / "archive") as empty:
        client = create_app(Settings(), engine(empty), examples=("Who?",)).test_client()
        assert "The archive is empty" in get(client, "/archive").text
        assert api(client, "articles") == {"articles": [], "total": 0}
