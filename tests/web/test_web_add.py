import io
import re
import shutil
import threading

import pytest
from qa_fakes import HARBOUR
from waitress.server import create_server
from working import PATIENCE, archive_of, opened, over, working

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
    assert re.search(r'rejected: no text</th><td class="number">1<', page)
    assert ".jsonl:2</bdi>: no text" in page
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
        ({}, "file", "no file"),
        ({"title": "No words"}, "text", "The text is missing"),
        ({"text": "Words.", "published": "<soon>"}, "published", "&lt;soon&gt;"),
        ({"file": (io.BytesIO(b""), "")}, "file", "no file"),
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


# --- in a browser

playwright = pytest.importorskip("playwright.sync_api")

# What stands before the words to be selected must not shift them: pairs of surrogates, a text from right to left,
# combining marks, markup, lines.
TRICKY = (
    "🐟🐟 Fishers met at the pier. مجلس الميناء اجتمع يوم الجمعة. <b>Cafe\u0301</b> &amp; bar \U0001f468\u200d\U0001f469 owners cheered.\n\n"
    "The board\u202e tset \u202cvoted six to one. 👩🏽‍🚒 After that, Maud Tollen took over the pier 🎉 for good.\n"
    "Nobody had asked."
)
WORDS = "Maud Tollen"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    records = [*HARBOUR, {"id": "tricky", "text": TRICKY, "published": "2017-11-03"}]
    with opened(tmp_path_factory.mktemp("browser"), records) as app:
        running = create_server(app, host="127.0.0.1", port=0)
        threading.Thread(target=running.run, daemon=True).start()
        app.address = f"http://127.0.0.1:{running.effective_port}"
        yield app
        running.task_dispatcher.shutdown()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as runner:
        try:
            browser = runner.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
        except playwright.Error:
            pytest.skip("no Chromium here: apt-get install chromium, or playwright install chromium")
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def scripted(request):
    return request.param


@pytest.fixture
def page(browser, server, scripted):
    context = browser.new_context(base_url=server.address, java_script_enabled=scripted)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def tricky(server):
    archive = archive_of(server)
    return next(
        a for a in archive.catalog.articles(archive.catalog.in_state("indexed")) if "Maud Tollen took" in a.text
    )


@pytest.mark.slow
def test_adding_is_followed_to_its_end(server, page, scripted):
    page.goto("/add")
    page.set_input_files("#file", {"name": "lamps.txt", "mimeType": "text/plain", "buffer": b"A lamp shines."})
    page.fill("#text", "A word. ```not json\nat all")
    page.fill("#published", "2017-11-03")
    page.click("text=Add >> visible=true >> nth=-1")
    page.wait_for_selector("text=Waits for the jobs before it")
    if scripted:
        page.evaluate("window.same = true")
    with working(server):
        page.wait_for_selector("td.number", timeout=PATIENCE * 1000)
    assert page.locator("tbody tr").first.inner_text().split() == ["added", "2"]
    if scripted:
        assert page.evaluate("window.same")
        assert page.locator("#status").text_content() == "Done"
    page.reload()
    page.go_back()
    assert page.url.endswith("/add")
    with server.test_client() as client:
        for job in client.get("/api/v1/jobs").get_json()["jobs"]:
            client.delete(f"/api/v1/jobs/{job['id']}")
    archive = archive_of(server)
    archive.remove([one for one in archive.catalog.in_state("indexed") if "lamp" in archive.article(one).text.lower()
                    or "A word" in archive.article(one).text])  # fmt: skip


SELECT = """(words) => {
    const walker = document.createTreeWalker(document.querySelector(".text"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(words);
        if (at >= 0) getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + words.length);
    }
}"""


@pytest.mark.slow
@pytest.mark.parametrize("scripted", [True], indirect=True)
@pytest.mark.parametrize("marked", [False, True])
def test_selected_words_have_exact_offsets_whatever_stands_before_them(server, page, marked):
    article = tricky(server)
    start = article.text.index(WORDS)
    span = {
        "start": article.text.index("The board"),
        "end": start + 30,
        "answer_start": start - 12,
        "answer_end": start,
    }
    marks = "&".join(f"{name}={value}" for name, value in span.items()) if marked else ""
    page.goto(f"/articles/{article.id}?{marks}&judge=q%3DWho%2Btook%2Bover%253F")
    page.evaluate(SELECT, WORDS)
    page.wait_for_function("document.querySelector('[name=better_start]').value")
    assert page.input_value("#better-words") == WORDS
    page.click("text=This answers the question")
    page.wait_for_url("**/feedback")
    with server.test_client() as client:
        said = client.get("/api/v1/feedback").get_json()["feedback"][0]
    assert said["better"] == {"article_id": article.id, "start": start, "end": start + len(WORDS), "text": WORDS}
    assert said["asked"] == {**said["asked"], "question": "Who took over?"}


@pytest.mark.slow
@pytest.mark.parametrize("scripted", [True], indirect=True)
def test_a_selection_over_paragraphs_and_beyond_the_text_is_cut_to_it(server, page):
    article = tricky(server)
    page.goto(f"/articles/{article.id}?judge=q%3DWho")
    page.evaluate(
        "getSelection().setBaseAndExtent(document.querySelector('h1'), 0, document.body, document.body.childNodes.length)"
    )
    page.wait_for_function("document.querySelector('[name=better_end]').value")
    ends = [page.input_value(f"[name=better_{end}]") for end in ("start", "end")]
    assert ends == ["0", str(len(article.text))]
    page.fill("#better-words", "typed")
    assert page.input_value("[name=better_start]") == ""


@pytest.mark.slow
def test_feedback_is_given_where_the_answer_stands(server, page, scripted):
    page.goto("/?q=Who+runs+the+old+ferry+pier%3F&as_of=2017-11-10")
    if not page.locator("[data-judge]").count():
        pytest.skip("the answer has no buttons for judging")
    place = page.locator("[data-judge]").first
    place.locator("text=Wrong").click()
    place.locator(".thanks").wait_for(state="visible")
    assert "as_of=2017-11-10" in page.url
    if scripted:
        assert place.locator("[role=status]").text_content() == "Noted as wrong."
        assert place.locator("[aria-pressed=true]").inner_text() == "Wrong"
    place.locator(".thanks a").first.click()
    assert page.locator("#better-title").is_visible()
