"""The pages in a real browser: with script and without, wide and narrow."""

import shutil
import threading

import pytest
from fake_archive import STORIES, FakeQA, stored
from waitress.server import create_server

from web.app import create_app
from web.settings import Settings

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api")

PIER = "Who runs the ferry pier?"


@pytest.fixture(scope="module")
def address():
    qa = FakeQA()
    qa.articles["megabyte"] = stored(("megabyte", *STORIES[2][1:5], "x" * 1_000_000, None))
    server = create_server(create_app(Settings(), qa, examples=[PIER]), host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()


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


@pytest.fixture
def page(browser, address):
    context = browser.new_context(base_url=address)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    yield page
    context.close()
    assert faults == []


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_conversation_grows_without_reloading(page):
    page.goto("/")
    page.evaluate("window.same = true")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type(PIER)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .found")
    page.fill("#q", "Who won?")
    page.click("button")
    page.wait_for_selector(".none")
    assert page.locator(".turn h2").all_text_contents() == [PIER, "Who won?"]
    assert "Nothing in the archive" in page.locator("[role=status]").text_content()
    assert page.url.endswith("/?q=Who+won%3F")
    assert page.title() == "Who won? – Backissue"
    page.go_back()
    page.wait_for_function("location.search.includes('ferry')")
    assert page.input_value("#q") == PIER
    assert page.evaluate("window.same")


def test_reload_shows_the_same_answer(page):
    page.goto("/")
    page.click(f"text={PIER}")
    page.wait_for_selector(".found")
    before = page.locator(".found").inner_text()
    page.reload()
    assert page.locator(".found").inner_text() == before


def test_citation_opens_at_the_words_of_the_answer(page):
    page.goto("/?q=Who+runs+the+ferry+pier&as_of=2017-11-10")
    words = page.locator("p.words").inner_text()
    page.click("figcaption a")
    assert page.locator("#hit").inner_text() == words == "Norvik Lines"
    assert page.locator("#hit").is_visible()
    page.click(".back a")
    assert page.locator("p.words").inner_text() == words


def test_a_filter_is_removed_in_place(page):
    page.goto("/?q=Who+runs+the+ferry+pier&as_of=2017-11-10")
    page.click(".chips a")
    page.wait_for_selector(".turn:nth-of-type(2) .found")
    assert page.locator(".turn:last-child p.words").inner_text() == "the town of Ellery"
    assert page.input_value("#as_of") == ""


def test_refusals_and_a_lost_server_are_said_in_words(page):
    page.goto("/")
    page.evaluate("document.getElementById('q').removeAttribute('required')")
    page.click("button")
    assert "empty" in page.locator(".turn .problem").inner_text()
    page.route("**/answer?*", lambda route: route.abort())
    page.fill("#q", PIER)
    page.click("button")
    page.wait_for_selector(".turn:last-child .problem a")
    assert "could not be reached" in page.locator("[role=status]").text_content()


def test_everything_works_without_script(browser, address):
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#q", PIER)
    page.keyboard.press("Enter")
    assert page.locator("p.words").inner_text() == "the town of Ellery"
    assert page.url.endswith("?q=Who+runs+the+ferry+pier%3F")
    context.close()


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize("path", ["/", "/?q=Who+runs+the+ferry+pier&as_of=2017-11-30", "/?q=x", "/articles/megabyte"])
def test_nothing_overflows(page, path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert fits(page)
