import shutil
import threading

import pytest
from fake_archive import FakeQA

from web.app import create_app
from web.serve import LEAST_THREADS, MAX_BUFFERED_BYTES, _listen
from web.settings import Settings
from web.store import Store
from web.tokens import Tokens

EXAMPLES = ("Who runs the ferry pier?", "Who won the <b>regatta</b>?")


@pytest.fixture
def qa():
    return FakeQA()


@pytest.fixture
def app(qa):
    return create_app(Settings(), qa, examples=EXAMPLES)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def store():
    store = Store.passing()
    yield store
    store.close()


@pytest.fixture
def tokens(store):
    return Tokens(store)


@pytest.fixture(scope="module")
def serve():
    """serve(app): the address on loopback of a server over it, made as `backissue serve` makes one."""
    servers = []

    def start(app):
        server = _listen(app, "127.0.0.1", 0, LEAST_THREADS, MAX_BUFFERED_BYTES)
        threading.Thread(target=server.run, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.effective_port}"

    yield start
    for server in servers:
        server.task_dispatcher.shutdown()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as runner:
        try:
            browser = runner.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
        except playwright.Error:
            pytest.skip("no Chromium here: apt-get install chromium, or playwright install chromium")
        yield browser
        browser.close()
