import pytest
from fake_archive import FakeQA

from web.app import create_app
from web.settings import Settings

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
