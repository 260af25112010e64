"""Adding articles and judging answers in a real browser: with script and without."""

import pytest
from qa_fakes import HARBOUR
from working import PATIENCE, archive_of, opened, working

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api")

# What stands before the words to be selected must not shift them: pairs of surrogates, a text from right to left,
# combining marks, markup, lines.
TRICKY = (
    "🐟🐟 Fishers met at the pier. مجلس الميناء اجتمع يوم الجمعة. <b>Cafe\u0301</b> &amp; bar "
    "cheered \U0001f468\u200d\U0001f469.\n\n"
    "The board\u202e tset \u202cvoted six to one. 👩🏽\u200d🚒 "
    "After that, Maud Tollen took over the pier 🎉 for good.\n"
    "Nobody had asked."
)
WORDS = "Maud Tollen"


@pytest.fixture(scope="module")
def server(tmp_path_factory, serve):
    records = [*HARBOUR, {"id": "tricky", "text": TRICKY, "published": "2017-11-03"}]
    with opened(tmp_path_factory.mktemp("browser"), records) as app:
        app.address = serve(app)
        yield app


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
    playwright.expect(page.locator("[name=better_start]")).not_to_have_value("")
    assert page.input_value("#better-words") == WORDS
    page.click("text=This answers the question")
    page.wait_for_url("**/feedback")
    with server.test_client() as client:
        said = client.get("/api/v1/feedback").get_json()["feedback"][0]
    assert said["better"] == {"article_id": article.id, "start": start, "end": start + len(WORDS), "text": WORDS}
    assert said["asked"] == {**said["asked"], "question": "Who took over?"}


@pytest.mark.parametrize("scripted", [True], indirect=True)
def test_a_selection_over_paragraphs_and_beyond_the_text_is_cut_to_it(server, page):
    article = tricky(server)
    page.goto(f"/articles/{article.id}?judge=q%3DWho")
    page.evaluate("getSelection().selectAllChildren(document.body)")
    playwright.expect(page.locator("[name=better_end]")).not_to_have_value("")
    ends = [page.input_value(f"[name=better_{end}]") for end in ("start", "end")]
    assert ends == ["0", str(len(article.text))]
    page.fill("#better-words", "typed")
    assert page.input_value("[name=better_start]") == ""


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
