import io
import re

import pytest
from working import archive_of, opened, over, working

SOURCE, DAY = "Harbour <Post>", "2017-11-03"


@pytest.fixture
def app(tmp_path):
    with opened(tmp_path) as app:
        yield app


@pytest.fixture
def client(app):
    return app.test_client()


def text_of(response):
    return response.get_data(as_text=True)


def test_the_page_is_linked_and_shown_only_where_it_may_be_used(app, client, tmp_path):
    assert 'href="/add"' in text_of(client.get("/"))
    with opened(tmp_path / "closed", allow_add=False) as closed:
        assert 'href="/add"' not in text_of(closed.test_client().get("/"))
        assert closed.test_client().get("/add").status_code == 401


def test_pasted_and_uploaded_articles_come_to_the_report(app, client):
    data = {
        "title": "Board meets", "text": "The harbour board met.\n\nIt voted.", "source": SOURCE, "published": DAY,
        "file": [(io.BytesIO(b'{"text": "A lamp <b>shines</b>."}\n{"txt": "x"}\n'), "<b>lamps</b>.jsonl")],
    }  # fmt: skip
    response = client.post("/add", data=data, content_type="multipart/form-data")
    assert response.status_code == 303
    address = response.headers["Location"]
    page = text_of(client.get(address))
    assert '<meta http-equiv="refresh"' in page
    assert "Waits for the jobs before it" in page
    job = {"id": address.rpartition("/")[2]}
    with working(app):
        over(client, job)
    page = text_of(client.get(address))
    assert "refresh" not in page
    assert re.search(r'added</th><td class="number">2<', page)
    assert re.search(r'rejected: no text <bdi class="place">[^<]*\.jsonl:2</bdi></th><td class="number">1<', page)
    assert ".jsonl:2</bdi> no text:" in page
    assert "<b>" not in page
    article = archive_of(app).catalog.articles(archive_of(app).catalog.in_state("indexed")[-2:])
    assert {(one.source, str(one.published_at.date())) for one in article} == {(SOURCE, DAY)}
    assert "It voted." in {one.title: one.text for one in article}["Board meets"]
    download = client.get(f"{address}/results/rejects.jsonl")
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert address in text_of(client.get("/add"))
    assert client.post(f"{address}/delete").headers["Location"] == "/add"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({}, "file", "choose a file, name an address, or paste a text"),
        ({"title": "No words"}, "text", "The text is missing"),
        ({"text": "Words.", "published": "<soon>"}, "published", "&lt;soon&gt;"),
        ({"file": (io.BytesIO(b""), "")}, "file", "There is nothing to add"),
        ({"address": "https://a.example/" + "x" * 2000}, "address", "2000"),
        ({"text": "Words.", "source": "x" * 10_001}, "source", "10000"),
    ],
)
def test_a_slip_is_said_and_what_was_typed_stays(client, data, field, words):
    response = client.post("/add", data=data, content_type="multipart/form-data")
    page = text_of(response)
    assert response.status_code == 422
    assert words in page.partition('role="alert"')[2].partition("</div>")[0]
    assert re.search(rf'<(input|textarea) id="{field}"[^>]* aria-invalid="true"', page)
    assert data.get("title", "") in page
    assert client.get("/api/v1/jobs").get_json()["total"] == 0


def test_a_waiting_job_is_cancelled_on_its_page(client):
    address = client.post("/add", data={"text": "Words."}).headers["Location"]
    assert client.post(f"{address}/cancel").headers["Location"] == address
    assert "Cancelled" in text_of(client.get(address))
    assert client.post(f"{address}/cancel").status_code == 409


def test_pages_of_other_sites_add_nothing(client):
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post("/add", data={"text": "Words."}, headers=foreign).status_code == 403
    assert client.post("/feedback", data={"verdict": "right"}, headers=foreign).status_code == 403


def test_an_address_is_handed_in_and_what_is_none_is_refused(app, client):
    wrong = client.post("/add", data={"address": "ftp://a.example/x"})
    assert wrong.status_code == 422
    assert "is not an address to fetch" in text_of(wrong)
    assert 'value="ftp://a.example/x"' in text_of(wrong)
    job = client.post("/add", data={"address": "http://127.0.0.1:9/feed"}).headers["Location"]
    assert "http://127.0.0.1:9/feed" in text_of(client.get(job))
    assert "http://127.0.0.1:9/feed" in text_of(client.get("/add"))
    with working(app):
        over(client, {"id": job.rpartition("/")[2]})
    assert "not a public address" in text_of(client.get(job))
