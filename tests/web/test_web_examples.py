"""The start page's questions: made in the background, once a version of the archive, and kept over a restart."""

import threading

import pytest
from fake_archive import FakeQA

import web.examples
from web.examples import Examples
from web.store import Store

THREAD = "examples"


@pytest.fixture
def made(monkeypatch):
    """What `example_questions` gave, call by call; it takes its results from `made.results`, an error is raised."""

    class Made(list):
        results = (("Who?", "When?"),)
        gate = threading.Event()

    calls = Made()
    calls.gate.set()

    def questions(_qa, wanted, pause):
        assert calls.gate.wait(20)
        result = calls.results[min(len(calls), len(calls.results) - 1)]
        calls.append(result)
        if isinstance(result, Exception):
            raise result
        return list(result)[:wanted]

    monkeypatch.setattr(web.examples, "example_questions", questions)
    return calls


class GrowingQA(FakeQA):
    version = 1

    def info(self):
        return super().info() | {"version": self.version}


@pytest.fixture
def store():
    store = Store.passing()
    yield store
    store.close()


def settle():
    """Waits for those that are being made."""
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(20)


def settled(examples):
    examples()
    settle()
    return examples()


def test_questions_given_are_offered_and_none_is_made(store, made):
    assert settled(Examples(FakeQA(), store, ["Mine?"])) == ("Mine?",)
    assert made == []


def test_nobody_waits_for_them(store, made):
    made.gate.clear()
    examples = Examples(FakeQA(), store, ())
    assert examples() == ()
    made.gate.set()
    settle()
    assert examples() == ("Who?", "When?")


def test_a_restart_does_not_make_them_again(store, made):
    for _ in range(2):
        assert settled(Examples(FakeQA(), store, ())) == ("Who?", "When?")
    assert len(made) == 1


def test_another_version_has_others_and_the_old_ones_stay_until_then(store, made):
    made.results = (("Who?",), ("Where?",))
    qa = GrowingQA()
    examples = Examples(qa, store, ())
    assert settled(examples) == ("Who?",)
    qa.version = 2
    made.gate.clear()
    assert examples() == ("Who?",)
    made.gate.set()
    settle()
    assert examples() == ("Where?",)


def test_while_an_archive_grows_they_are_made_one_at_a_time(store, made):
    made.gate.clear()
    qa = GrowingQA()
    examples = Examples(qa, store, ())
    for qa.version in range(1, 20):
        examples()
    assert [thread.name for thread in threading.enumerate()].count(THREAD) == 1
    made.gate.set()
    settle()
    settled(examples)
    assert len(made) == 2


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"of": "fake/7"}', '{"of": "fake/7", "questions": 7}', "\x00"])
def test_a_broken_file_is_made_anew(store, made, kept):
    (store.folder / "examples.json").write_text(kept)
    assert settled(Examples(FakeQA(), store, ())) == ("Who?", "When?")
    assert settled(Examples(FakeQA(), store, ())) == ("Who?", "When?")
    assert len(made) == 1


def test_a_failure_is_logged_and_the_page_goes_without(store, made, caplog):
    made.results = (ZeroDivisionError("x"),)
    assert settled(Examples(FakeQA(), store, ())) == ()
    assert "No example questions could be made" in caplog.text
