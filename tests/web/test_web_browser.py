"""The pages in a real browser: with script and without, wide and narrow, light and dark, while the server fails."""

import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from fake_archive import STORIES, stored
from gated import GatedQA

from index.archive import Archive
from index.embed import load_encoder
from index.formats import Defaults, read_path
from index.ingest import add
from index.sample import dispatches_path
from qa.answer import Ask, AskResponse
from qa.pipeline import QA
from qa.readers import SHIPPED, load_reader
from web.app import create_app
from web.chats import Chats
from web.settings import Settings
from web.store import Store

pytestmark = pytest.mark.slow

PIER = "Who runs the ferry pier?"
ANSWERED = "/?q=Who+runs+the+ferry+pier&as_of=2017-11-30"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script> \u202e" + "x" * 120
SERVER = textwrap.dedent(
    """
    import sys
    port, pause = int(sys.argv[1]), float(sys.argv[2])
    sys.path[:0] = sys.argv[3:]
    import time
    from fake_archive import FakeQA
    from web.app import create_app
    from web.serve import run_server
    from web.settings import Settings

    class SlowQA(FakeQA):
        def steps(self, ask):
            for step in super().steps(ask):
                yield step
                time.sleep(pause)

    app = create_app(Settings(), SlowQA(), examples=["Who?"])
    run_server(app, "127.0.0.1", port, 0, lambda address: print(address, flush=True))
    """
)


@pytest.fixture(scope="module")
def qa():
    qa = GatedQA()
    qa.articles["megabyte"] = stored(("megabyte", *STORIES[2][1:5], "x" * 1_000_000, None))
    return qa


@pytest.fixture(scope="module")
def store():
    store = Store.passing()
    yield store
    store.close()


@pytest.fixture(scope="module")
def address(serve, qa, store):
    return serve(create_app(Settings(rate_limit="", max_concurrent=8), qa, store=store, examples=[PIER]))


@pytest.fixture
def visit(browser, address, qa):
    """visit(base_url, **context): a page, on which no script of an article may run and no script of ours may fail."""
    contexts, faults = [], []

    def open_page(base_url=address, **options):
        context = browser.new_context(base_url=base_url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        return page

    yield open_page
    qa.gate.set()
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(visit):
    return visit()


def ask(page, question):
    page.fill("#q", question)
    page.keyboard.press("Enter")


def settled(page, turns):
    """Waits until so many questions stand on the page and none is being answered."""
    page.wait_for_selector(f".turn:nth-of-type({turns})")
    page.wait_for_selector("#stop", state="hidden")


def said(page):
    return page.locator("#status").text_content()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_conversation_grows_without_reloading(page):
    page.goto("/")
    page.evaluate("window.same = true")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.keyboard.type(PIER)
    page.keyboard.press("Enter")
    settled(page, 1)
    ask(page, "Who won?")
    settled(page, 2)
    assert page.locator(".turn h2").all_text_contents() == [PIER, "Who won?"]
    assert said(page).startswith("Nothing in the archive answers this.")
    assert "Thank you" not in said(page)
    assert re.search(r"/chats/[0-9a-f]{16}#turn-2$", page.url)
    assert page.title() == "Who won? – Backissue"
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("window.same")


def test_back_leaves_the_conversation_and_forward_returns(page):
    page.goto("/")
    ask(page, PIER)
    settled(page, 1)
    conversation = page.url
    page.go_back()
    page.wait_for_selector("#intro")
    assert page.input_value("[name=chat]") == ""
    ask(page, "Who won?")
    settled(page, 1)
    assert page.url != conversation
    page.go_back()
    page.wait_for_selector("#intro")
    page.goto(conversation)
    assert page.locator(".turn").count() == 1


def test_reload_shows_the_same_conversation(page):
    page.goto("/")
    page.click(f"text={PIER}")
    settled(page, 1)
    ask(page, "Who won?")
    settled(page, 2)

    def shown():
        return page.locator(".turn .found, .turn .standing, .turn .none .words").all_inner_texts()

    before = shown()
    page.reload()
    assert shown() == before
    ask(page, "and who ran it before?")
    settled(page, 3)
    assert page.url.endswith("#turn-3")


def test_another_place_on_the_page_is_no_other_page(page):
    page.goto("/")
    page.evaluate("window.same = true")
    page.fill("#q", "half a question")
    page.focus(".skip")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#main")
    page.wait_for_timeout(300)
    assert page.evaluate("window.same")
    assert page.input_value("#q") == "half a question"


def test_a_follow_up_shows_what_was_understood_to_edit_or_to_take_back(page):
    page.goto("/")
    page.click("summary")
    page.fill("#as_of", "2017-11-30")
    ask(page, PIER)
    settled(page, 1)
    ask(page, "and before that?")
    settled(page, 2)
    understood = "Who runs the ferry pier before 20 November 2017?"
    assert page.locator(".turn:last-child .understood bdi").inner_text() == understood
    page.click("text=Edit")
    assert page.input_value("#q") == understood
    assert page.evaluate("document.activeElement.id") == "q"
    page.click("text=Ask it as typed")
    settled(page, 3)
    assert page.locator(".turn:last-child h2").inner_text() == "and before that?"
    assert page.locator(".turn:last-child .understood").count() == 0
    assert page.locator(".turn:last-child .chips").inner_text().startswith("As of 30 November 2017")


def test_passages_are_shown_before_the_answer(page, qa):
    qa.gate.clear()
    page.goto("/")
    ask(page, PIER)
    page.wait_for_selector("text=3 passages found; reading the best of them…")
    assert page.locator(".passages li").count() == 3
    assert page.locator("#stop").is_visible()
    assert page.locator("#ask [type=submit]").is_hidden()
    assert page.get_attribute("#ask", "aria-busy") == "true"
    assert said(page) == "Searching the archive…"
    page.keyboard.type("And next")
    page.locator(".passages a").first.focus()
    qa.gate.set()
    settled(page, 1)
    assert page.input_value("#q") == "And next"
    assert page.locator(".pending").count() == 0
    assert page.get_attribute("#ask", "aria-busy") is None
    assert "the town of Ellery" in said(page)


@pytest.mark.parametrize("how", ["button", "Escape"])
def test_an_answer_can_be_stopped_and_asked_for_again(page, qa, store, how):
    before = Chats(store).page(1)[1]
    qa.gate.clear()
    page.goto("/")
    ask(page, PIER)
    page.wait_for_selector(".passages")
    page.click("#stop") if how == "button" else page.keyboard.press("Escape")
    page.wait_for_selector("text=Stopped before the answer was whole.")
    assert said(page) == "Stopped before the answer was whole."
    assert page.locator("#stop").is_hidden()
    qa.gate.set()
    page.click("text=Ask again")
    settled(page, 1)
    page.wait_for_selector(".found")
    assert page.locator(".turn").count() == 1
    assert page.locator(".problem").count() == 0
    assert page.url.endswith("#turn-1")
    assert Chats(store).page(1)[1] == before + 1


def test_the_next_question_stops_the_one_before(page, qa):
    qa.gate.clear()
    page.goto("/")
    ask(page, PIER)
    page.wait_for_selector(".passages")
    ask(page, "Who won?")
    page.wait_for_selector(".turn:nth-of-type(2) .passages")
    assert "Stopped" in page.locator(".turn").first.inner_text()
    assert "Stopped" not in page.locator(".turn").last.inner_text()
    assert said(page) == "Searching the archive…"
    qa.gate.set()
    settled(page, 2)
    assert page.locator(".turn").last.locator(".problem").count() == 0
    page.click("text=Ask again")
    settled(page, 2)
    assert page.locator(".turn h2").all_text_contents() == ["Who won?", PIER]
    assert page.url.endswith("#turn-2")


def test_the_same_question_again_while_it_is_answered_changes_nothing(page, qa, store):
    before = Chats(store).page(1)[1]
    qa.gate.clear()
    page.goto("/")
    ask(page, PIER)
    page.wait_for_selector(".passages")
    ask(page, f" {PIER} ")
    assert page.input_value("#q") == ""
    qa.gate.set()
    settled(page, 1)
    page.wait_for_selector(".found")
    assert page.locator(".turn").count() == 1
    assert page.locator(".problem").count() == 0
    assert page.input_value("#q") == ""
    page.reload()
    assert page.locator(".turn h2").all_text_contents() == [PIER]
    assert Chats(store).page(1)[1] == before + 1
    ask(page, PIER)  # once it is answered it can be asked again
    settled(page, 2)


def test_a_chip_pressed_twice_asks_once(page, qa):
    page.goto(ANSWERED)
    qa.gate.clear()
    for _ in range(2):
        page.click(".turn:first-child .chips a >> text=As of 30 November 2017")
    qa.gate.set()
    settled(page, 2)
    assert page.locator(".turn").count() == 2
    assert page.locator(".problem").count() == 0


def test_a_question_that_another_took_the_place_of_does_not_come_back_into_the_box(page, qa):
    qa.gate.clear()
    page.goto("/")
    ask(page, PIER)
    page.wait_for_selector(".passages")
    ask(page, "Who won?")
    page.wait_for_selector("text=Stopped before the answer was whole.")
    qa.gate.set()
    settled(page, 2)
    assert page.input_value("#q") == ""


def test_refusals_are_said_in_words(page):
    page.goto("/")
    page.evaluate("document.getElementById('q').removeAttribute('required')")
    page.click("#ask button")
    page.wait_for_selector(".turn .problem")
    assert "empty" in page.locator(".turn .problem").inner_text()
    assert "empty" in said(page)
    assert page.locator(".pending").count() == 0
    page.evaluate("document.getElementById('as_of').type = 'text'")
    page.evaluate("document.getElementById('as_of').value = 'soon'")
    ask(page, PIER)
    page.wait_for_selector(".turn:nth-of-type(2) .problem")
    assert "as_of must be a date" in said(page)
    assert page.input_value("#q") == PIER  # nothing typed is lost


def test_a_conversation_deleted_meanwhile_is_said_in_words(page, qa, store):
    page.goto("/")
    ask(page, PIER)
    settled(page, 1)
    qa.gate.clear()
    ask(page, "Who won?")
    page.wait_for_selector(".turn:nth-of-type(2) .passages")
    Chats(store).delete(page.input_value("[name=chat]"))
    qa.gate.set()
    page.wait_for_selector(".turn:last-child .problem")
    assert said(page).startswith("This conversation is no longer here")
    page.click("summary:has-text('Dates and sources')")
    page.fill("#as_of", "2017-11-10")
    ask(page, PIER)
    page.wait_for_selector(".turn:nth-of-type(3) .problem")
    page.click(".turn:last-child >> text=Ask it in a new conversation")
    page.wait_for_url("**/chats/*#turn-1")
    assert page.locator(".turn h2").all_text_contents() == [PIER]
    assert page.locator("p.words").inner_text() == "Norvik Lines"


def test_a_lost_connection_is_said_in_words_and_asking_again_works(page):
    page.goto("/")
    page.route("**/ask", lambda route: route.abort())
    ask(page, PIER)
    page.wait_for_selector("text=Ask again")
    assert "could not be reached" in said(page)
    page.unroute("**/ask")
    page.click("text=Ask again")
    page.wait_for_selector(".found")
    assert page.locator(".turn").count() == 1


def start_server(port, pause):
    tests = Path(__file__).parent
    command = [sys.executable, "-c", SERVER, str(port), str(pause), str(tests), str(tests.parents[1])]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    return server


def test_a_server_killed_while_it_answers_is_said_in_words_and_asking_again_works(visit):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    servers = [start_server(port, 60)]
    try:
        page = visit(f"http://127.0.0.1:{port}")
        page.goto("/")
        ask(page, PIER)
        page.wait_for_selector(".passages")
        servers[0].kill()
        page.wait_for_selector("text=The answer did not arrive whole")
        assert "Check that it is running." in said(page)
        assert page.locator(".passages li").count() == 3
        page.click("text=Ask again")
        page.wait_for_selector("text=Ask again")
        servers.append(start_server(port, 0))
        page.click("text=Ask again")
        page.wait_for_selector(".found")
        assert page.locator(".turn").count() == 1
    finally:
        for server in servers:
            server.kill()
            server.communicate()


def test_citation_opens_at_the_words_of_the_answer(page):
    page.goto("/?q=Who+runs+the+ferry+pier&as_of=2017-11-10")
    words = page.locator("p.words").inner_text()
    page.click("figcaption a")
    assert page.locator("#hit").inner_text() == words == "Norvik Lines"
    assert page.locator("#hit").is_visible()
    page.click(".back a")
    assert page.locator("p.words").inner_text() == words


def test_the_way_back_from_a_citation_is_the_conversation(page):
    page.goto("/")
    ask(page, PIER)
    settled(page, 1)
    page.click("figcaption a")
    page.click(".back a")
    page.wait_for_selector(".turn .found")
    assert page.locator(".turn h2").inner_text() == PIER


def test_a_dot_of_the_timeline_asks_as_of_its_day(page):
    page.goto(ANSWERED)
    assert page.locator("p.words").inner_text() == "the town of Ellery"
    page.click(".strip a[aria-label^='Ask as of 3 November 2017']")
    settled(page, 2)
    assert page.locator(".turn:last-child p.words").inner_text() == "Norvik Lines"
    assert page.locator(".turn:last-child .chips").inner_text().startswith("As of 3 November 2017")
    assert page.input_value("#as_of") == "2017-11-03"


def test_filters_are_set_and_removed_in_place(page):
    page.goto("/")
    page.click("summary")
    page.fill("#as_of", "2017-11-30")
    page.check("text=Sample Harbour Post")
    ask(page, PIER)
    settled(page, 1)
    assert page.locator(".turn p.words").inner_text() == "Norvik Lines"
    assert page.locator(".chips li").count() == 2
    page.click(".chips a >> text=Source: Sample Harbour Post")
    settled(page, 2)
    assert page.locator(".turn:last-child p.words").inner_text() == "the town of Ellery"
    assert page.locator(".turn:last-child .chips li").count() == 1
    assert page.input_value("#as_of") == "2017-11-30"
    assert not page.is_checked("input[name=source] >> nth=0")


def in_force(page):
    """The filters shown beside the box."""
    return page.locator("#set bdi").all_inner_texts()


def test_what_is_set_stands_beside_the_box_and_is_taken_back_there(page):
    page.goto("/")
    assert page.locator("#set").is_hidden()
    page.click("summary")
    page.fill("#as_of", "2017-11-11")
    page.check("text=Sample Harbour Post")
    page.check("text=Demo Courier")
    wanted = ["As of 11 November 2017", "Source: Sample Harbour Post", "Source: Demo Courier"]
    assert sorted(in_force(page)) == sorted(wanted)
    ask(page, PIER)
    settled(page, 1)
    assert sorted(in_force(page)) == sorted(wanted)  # the form is folded by now
    page.click("#set button >> text=Source: Demo Courier")
    page.click("#set button >> text=As of 11 November 2017")
    assert in_force(page) == ["Source: Sample Harbour Post"]
    assert page.locator(".turn").count() == 1
    assert page.evaluate("document.activeElement.id") == "q"
    assert (page.input_value("#as_of"), page.is_checked("input[value='Demo Courier']")) == ("", False)
    ask(page, "Who won?")
    settled(page, 2)
    assert page.locator(".turn:last-child .chips bdi").all_inner_texts() == ["Source: Sample Harbour Post"]
    page.reload()
    assert in_force(page) == ["Source: Sample Harbour Post"]
    page.click("#set button")
    assert page.locator("#set").is_hidden()


def test_a_question_complete_in_itself_sets_what_stands_beside_the_box(page):
    page.goto(ANSWERED)
    assert in_force(page) == ["As of 30 November 2017"]
    page.click(".strip a[aria-label^='Ask as of 3 November 2017']")
    settled(page, 2)
    assert in_force(page) == ["As of 3 November 2017"]
    page.click(".turn:last-child .chips a")
    settled(page, 3)
    assert page.locator("#set").is_hidden()


def test_a_new_conversation_is_begun_from_within_one(page, store):
    page.goto("/")
    assert page.locator("text=New conversation").is_hidden()
    page.click("summary")
    page.fill("#as_of", "2017-11-11")
    ask(page, PIER)
    settled(page, 1)
    earlier = page.url
    page.click("text=New conversation")
    page.wait_for_selector("#intro")
    assert page.input_value("#as_of") == ""
    ask(page, PIER)
    settled(page, 1)
    assert page.url.split("#")[0] != earlier.split("#")[0]


def test_filters_are_taken_back_beside_the_box_without_script(visit):
    page = visit(java_script_enabled=False)
    page.goto("/?as_of=2017-11-11&source=Demo+Courier")
    assert in_force(page) == ["As of 11 November 2017", "Source: Demo Courier"]
    page.click("#set a >> text=Source: Demo Courier")
    assert in_force(page) == ["As of 11 November 2017"]
    ask(page, PIER)
    page.wait_for_url("**/chats/*#turn-1")
    assert in_force(page) == ["As of 11 November 2017"]
    page.click("#set a")
    assert page.locator("#set").is_hidden()
    assert page.locator(".turn").count() == 1
    ask(page, "Who won?")
    page.wait_for_url("**/chats/*#turn-2")
    assert page.locator("#set").is_hidden()
    page.click("text=New conversation")
    page.wait_for_selector("#intro")


def test_everything_works_without_script(visit):
    page = visit(java_script_enabled=False)
    page.goto("/")
    page.click("summary")
    page.fill("#as_of", "2017-11-30")
    ask(page, PIER)
    assert page.locator("p.words").inner_text() == "the town of Ellery"
    page.wait_for_url("**/chats/*#turn-1")
    ask(page, "and before that?")
    page.wait_for_url("**/chats/*#turn-2")
    assert "before 20 November 2017" in page.locator(".understood").inner_text()
    page.click("a[aria-label^='Ask as of 3 November 2017'] >> nth=0")
    assert page.locator("p.words").inner_text() == "Norvik Lines"
    page.wait_for_url("**/?q=*")
    ask(page, "Who won?")
    page.wait_for_url("**/chats/*#turn-2")
    assert page.locator(".turn").count() == 2
    page.click("text=Conversations")
    page.locator("summary").first.click()
    page.locator("[name=title]").first.fill(HOSTILE)
    page.click("button:has-text('Rename') >> nth=0")
    assert page.locator(".title").first.inner_text().startswith("<img src=x")
    for form in ("Markdown", "JSON"):
        with page.expect_download() as download:
            page.click(f"text={form} >> nth=0")
        assert "Who won?" in Path(download.value.path()).read_text(encoding="utf-8")
    before = page.locator(".title").count()
    page.locator("summary").first.click()
    page.click("text=Delete this conversation >> nth=0")
    assert page.locator(".title").count() == before - 1


@pytest.fixture(scope="module")
def hostile(qa, store):
    """The address of a conversation in which everything is hostile: titles, questions, articles."""
    chats = Chats(store)
    chat = chats.create(HOSTILE)
    for question in (HOSTILE, "x" * 2000, "Who grows pumpkins?", "\u202e" + PIER):
        asked = Ask(question=question, follows=None)
        response = qa.ask(asked)
        chats.add(chat.id, asked, response)
    hidden = response.model_copy(update={"understood_as": HOSTILE})
    chats.add(chat.id, asked, AskResponse.model_validate(dict(hidden)))
    return f"/chats/{chat.id}"


def test_hostile_text_is_text(page, hostile):
    page.goto(hostile)
    assert page.locator(".turn").count() == 5
    for path in (hostile, "/chats", "/articles/hostile"):
        page.goto(path)
        assert page.locator("main img, main b, main i, main script:not([src])").count() == 0
        assert page.locator("text=<script>alert(").count() >= 1
    page.goto("/")
    ask(page, HOSTILE)
    settled(page, 1)
    assert page.locator(".turn h2").inner_text().startswith("<img src=x")
    assert page.locator("main img, main script").count() == 0


def test_text_that_turns_direction_turns_nothing_around_it(page, hostile):
    page.goto("/chats")
    title = page.locator(f"a.title[href='{hostile}'] bdi")
    assert title.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"
    page.goto(hostile)
    headings = page.locator(".turn h2")
    kinds = headings.evaluate_all("all => all.map((one) => getComputedStyle(one).unicodeBidi)")
    assert set(kinds) <= {"isolate", "plaintext"}


@pytest.mark.parametrize("width", [360, 1920])
@pytest.mark.parametrize(
    "path", ["/", ANSWERED, "/?q=x", "/articles/megabyte", "/chats", "/archive", "hostile", "/chats/none"]
)
def test_nothing_overflows(page, hostile, path, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(hostile if path == "hostile" else path)
    for summary in page.locator("main summary").all():
        summary.click()
    assert fits(page)


@pytest.mark.parametrize("path", ["/", ANSWERED, "/chats", "/articles/harbour-1"])
def test_dark_is_dark_and_light_is_light(visit, path):
    paper, ink = {}, {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme)
        page.goto(path)
        color = "(name) => Number(getComputedStyle(document.documentElement)[name].match(/[0-9]+/)[0])"
        paper[scheme], ink[scheme] = (page.evaluate(color, name) for name in ("backgroundColor", "color"))
    assert paper["light"] > 200 > 100 > ink["light"]
    assert ink["dark"] > 200 > 100 > paper["dark"]


REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), summary, select, textarea, [tabindex='0']")]
  .filter((element) => element.checkVisibility({visibilityProperty: true}) && !element.disabled)"""


@pytest.mark.parametrize("path", ["/", ANSWERED, "/?q=x", "/chats", "/articles/harbour-1", "hostile"])
def test_everything_is_reached_by_keyboard(page, hostile, path):
    page.goto(hostile if path == "hostile" else path)
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(f"window.wanted = ({REACHABLE})(); wanted.length")
    assert wanted > 3
    page.evaluate("window.reached = new Set(); document.addEventListener('focusin', ({target}) => reached.add(target))")
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
    missed = page.evaluate("wanted.filter((element) => !reached.has(element)).map((element) => element.outerHTML)")
    assert missed == []


@pytest.fixture(scope="module")
def dispatches(tmp_path_factory, serve):
    """The address of a server over the sample archive, with the real models."""
    folder = tmp_path_factory.mktemp("sample") / "archive"
    with Archive.open(folder, load_encoder, create=True, sample=True) as archive:
        add(archive, read_path(dispatches_path(), Defaults()))
        qa = QA(archive, load_reader(SHIPPED, archive.encoder))
        yield serve(create_app(Settings(), qa, examples=["Who holds Albu Kamal?"]))


def test_the_sample_archive_is_asked_and_asked_on(visit, dispatches):
    page = visit(dispatches)
    page.goto("/")
    page.click("summary")
    page.fill("#as_of", "2017-11-20")
    ask(page, "Who holds Albu Kamal?")
    settled(page, 1)
    now = page.locator("p.words").inner_text()
    ask(page, "and who held it before?")
    settled(page, 2)
    assert page.locator(".understood bdi").inner_text().startswith("Who held Albu Kamal before")
    before = page.locator(".turn:last-child p.words").inner_text()
    assert before != now
    page.locator(".turn").first.locator(".strip a[aria-label*='Ask as of']").first.click()
    settled(page, 3)
    assert page.locator(".turn:last-child .chips").inner_text().startswith("As of")
    page.locator(".turn:last-child figcaption a").click()
    page.wait_for_selector("#hit")
    words = page.locator("mark.answer").first.inner_text()
    page.click(".back a")
    assert page.locator(".turn:last-child mark.answer").first.inner_text() == words
