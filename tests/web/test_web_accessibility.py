"""Every page as axe-core judges it, light and dark, wide and narrow: nothing serious, nothing critical."""

import pytest
from fake_archive import FakeQA

from qa.answer import Ask, Exchange
from web.app import create_app
from web.chats import Chats
from web.settings import Settings
from web.store import Store

pytestmark = pytest.mark.slow
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

PIER = "Who runs the ferry pier?"
PATHS = {
    "start": "/",
    "start with filters": "/?as_of=2017-11-30&source=Demo+Courier",
    "answer": "/?q=Who+runs+the+ferry+pier&as_of=2017-11-30&version=6",
    "answer of several sources": "/?q=Who+runs+the+ferry+pier+further",
    "no answer": "/?q=Who+won&before=2017-11-30",
    "slip": "/?q=Who&as_of=soon",
    "conversation": "/chats/ID",
    "conversations": "/chats",
    "reading view": "/articles/harbour-1?start=48&end=140&answer_start=104&answer_end=116&q=Who&find=pier",
    "older version": "/articles/harbour-0",
    "hostile article": "/articles/hostile",
    "archive": "/archive",
    "adding": "/add",
    "feedback": "/feedback",
    "problem": "/articles/none",
    "sign-in": "/session",
    "reference": "/api/docs",
}
# The rules of WCAG 2.2 A and AA and axe's best practices; the sizes of targets are not among its defaults.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@pytest.fixture(scope="module")
def store():
    store = Store.passing()
    yield store
    store.close()


@pytest.fixture(scope="module")
def chat(store):
    """The id of a conversation with a follow-up."""
    chats, qa = Chats(store), FakeQA()
    chat = chats.create()
    first = Ask(question=PIER, as_of="2017-11-30")
    response = qa.ask(first)
    chats.add(chat.id, first, response)
    following = Ask(question="and before that?", follows=Exchange.of(response))
    chats.add(chat.id, following, qa.ask(following))
    return chat.id


@pytest.fixture(scope="module")
def address(serve, store):
    return serve(create_app(Settings(rate_limit=""), FakeQA(), store=store, examples=[PIER]))


@pytest.fixture(params=["light", "dark", "narrow"])
def page(request, browser, address):
    options = {"color_scheme": request.param} if request.param != "narrow" else {}
    width = 360 if request.param == "narrow" else 1280
    # Axe is injected: the pages' own policy lets no such script in.
    context = browser.new_context(
        base_url=address, bypass_csp=True, viewport={"width": width, "height": 800}, reduced_motion="reduce", **options
    )
    yield context.new_page()
    context.close()


def violations(page):
    """What axe-core finds serious or critical, unfolding everything first."""
    page.evaluate("document.querySelectorAll('main details').forEach((element) => { element.open = true; })")
    found = axe.Axe().run(page, options=OPTIONS).response["violations"]
    return [
        (one["id"], one["impact"], [node["html"][:200] for node in one["nodes"]][:5], one["nodes"][0]["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", PATHS)
def test_no_page_has_a_serious_violation(page, chat, name):
    response = page.goto(PATHS[name].replace("ID", chat))
    assert (response.status >= 400) == (name in ("problem", "slip"))
    assert violations(page) == []


def test_an_answer_that_came_by_script_has_no_serious_violation(page):
    page.goto("/")
    page.fill("#q", PIER)
    page.keyboard.press("Enter")
    page.wait_for_selector(".found")
    page.wait_for_selector("#stop", state="hidden")
    assert violations(page) == []


def test_a_violation_would_be_found(page):
    page.goto("/")
    page.evaluate("document.querySelector('label[for=q]').remove(); document.getElementById('q').placeholder = ''")
    assert [one[0] for one in violations(page)] == ["label"]
