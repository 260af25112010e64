"""Signing in, and pages of other origins, in a real browser: it decides what it sends and what a page may read."""

import re

import pytest
from fake_archive import FakeQA
from flask import Flask

from web.app import create_app
from web.guard import writes
from web.settings import Settings
from web.store import Store
from web.tokens import Tokens

pytestmark = pytest.mark.slow

ASK = """async (address) => {
  const options = {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"question": "Who?"}'};
  try {
    const response = await fetch(address + "api/v1/ask", options);
    return [response.status, Boolean(response.headers.get("X-Request-ID")), "timeline" in await response.json()];
  } catch (error) {
    return [error.name];
  }
}"""


@pytest.fixture(scope="module")
def page(browser):
    return browser.new_page()


@pytest.fixture
def stranger(serve):
    """The address of a page on another port: of the same site, so cookies go along, but of another origin."""
    app = Flask("stranger")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>Stranger</title>")
    return f"{serve(app)}/"


def test_signing_in_asking_and_signing_out(page, serve, stranger):
    store = Store.passing()
    app = create_app(Settings(host="0.0.0.0"), FakeQA(), store=store)
    _, secret = Tokens(store).create("Reading room", "write")
    wiped = []

    @app.post("/api/v1/wipe")
    @writes
    def wipe():
        wiped.append(True)
        return {}

    address = f"{serve(app)}/"
    page.goto(address + "?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-10")
    page.fill("[name=token]", secret)
    page.keyboard.press("Enter")
    page.wait_for_selector("p.words")
    assert page.locator("p.words").first.inner_text() == "Norvik Lines"
    assert page.evaluate("document.cookie") == ""
    with page.expect_response(lambda response: response.request.method == "POST") as asked:
        page.fill("#q", "Who won?")
        page.keyboard.press("Enter")
    assert asked.value.status in (200, 303)
    assert page.evaluate("fetch('/api/v1/wipe', {method: 'POST'}).then((response) => response.status)") == 200
    assert wiped == [True]

    page.goto(stranger)
    send = "fetch(address + 'api/v1/wipe', {method: 'POST', mode: 'no-cors', credentials: 'include'})"
    assert page.evaluate(f"(address) => {send}.catch((error) => error.name)", address) == "TypeError"
    form = "`<form method=post action=${address}api/v1/wipe></form>`"
    page.evaluate(f"(address) => {{ document.body.innerHTML = {form}; document.forms[0].submit(); }}", address)
    page.wait_for_url(re.compile("wipe"))
    assert "another site" in page.inner_text("body")
    assert wiped == [True]

    page.goto(address + "session")
    page.click("text=Sign out")
    page.wait_for_selector("[name=token]")
    assert page.goto(address).status == 401


def test_a_page_of_another_origin_reads_only_where_it_may(page, serve, stranger):
    closed, opened = (
        f"{serve(create_app(Settings(cors_origins=origins), FakeQA()))}/" for origins in ("", stranger.rstrip("/"))
    )
    page.goto(stranger)
    assert page.evaluate(ASK, closed) == ["TypeError"]
    assert page.evaluate(ASK, opened) == [200, True, True]
