"""OpenAI's own client asks an archive: over a real socket, in one piece and in many."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path
from typing import get_type_hints

import openai
import pytest
from fake_archive import FakeQA
from openai.types.chat import completion_create_params

from index.errors import ModelError
from qa.answer import Answer, Ask, AskResponse
from web.api.completions import HARMLESS, CompletionRequest
from web.api.markdown import markdown, plain
from web.app import create_app
from web.settings import Settings

TESTS = Path(__file__).parent
PIER = "Who runs the ferry pier?"
# Holds back the rest of an answer about "later" until somebody asks whether the server is ready.
SERVER = textwrap.dedent(
    """
    import sys, threading
    sys.path[:0] = sys.argv[2:]
    from fake_archive import FakeQA
    from web.app import create_app
    from web.serve import run_server
    from web.settings import Settings
    from web.store import Store
    from web.tokens import Tokens

    class HeldQA(FakeQA):
        released = threading.Event()

        def info(self):
            self.released.set()
            return super().info()

        def steps(self, ask):
            for step in super().steps(ask):
                if step.name == "done" and "later" in ask.question and not self.released.wait(20):
                    raise TimeoutError("nothing of the answer left the server")
                yield step

    store = Store.passing()
    _, secret = Tokens(store).create("test", "read")
    app = create_app(Settings(host=sys.argv[1]), HeldQA(), store=store)
    run_server(app, "127.0.0.1", 0, 4, lambda address: print(address, secret, flush=True))
    """
)


def served(host):
    command = [sys.executable, "-c", SERVER, host, str(TESTS), str(TESTS.parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def address():
    for found, _ in served("127.0.0.1"):
        yield found


@pytest.fixture(scope="module")
def guarded():
    """The address and token of a server that is open to others."""
    yield from served("0.0.0.0")


@pytest.fixture(scope="module")
def ai(address):
    # Any key will do where none is wanted.
    with openai.OpenAI(base_url=address + "v1", api_key="none", max_retries=0) as client:
        yield client


def chat(ai, question=PIER, **options):
    return ai.chat.completions.create(model="backissue", messages=[{"role": "user", "content": question}], **options)


def test_answer_is_the_message_with_numbered_citations(ai, address):
    completion = chat(ai, extra_body={"backissue": {"as_of": "2017-11-10"}})
    content = completion.choices[0].message.content
    assert content.startswith("Norvik Lines [1]\n")
    assert "High confidence (87 %), 1 independent source." in content
    assert "\n- [1] [Harbour board hands the old ferry pier to Norvik Lines](" in content
    assert "), Sample Harbour Post, 3 November 2017; said by the board’s chair" in content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "backissue"
    link = re.search(r"\]\((.*?)#hit\)", content)[1]
    assert link.startswith(address + "articles/harbour-1?")
    assert "as_of=2017-11-10" in link
    with urllib.request.urlopen(link) as reading:
        assert b'<mark class="answer" id="hit">Norvik Lines</mark>' in reading.read()


def test_structured_answer_stands_beside_the_message(ai):
    found = AskResponse.model_validate_json(json.dumps(chat(ai).model_extra["backissue"]))
    assert found.answer.text == "the town of Ellery"
    assert [a.text for a in found.alternatives] == ["Norvik Lines"]


def test_tokens_are_counted(ai):
    usage = chat(ai).usage
    assert usage.prompt_tokens == 6
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens > 50


def test_nothing_found_is_said(ai):
    content = chat(ai, "Who won the regatta?").choices[0].message.content
    assert content.startswith("Nothing in the archive answers this. It was looked for in 3 articles")


def test_only_the_last_question_counts(ai):
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
        {"role": "assistant", "content": "Arr."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Who runs"}, {"type": "text", "text": "the ferry pier?"}],
        },
    ]
    completion = ai.chat.completions.create(model="backissue", messages=messages)
    assert completion.model_extra["backissue"]["question"] == PIER


def test_a_conversation_goes_on(ai, address):
    request = urllib.request.Request(address + "api/v1/chats", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        chat_id = re.search(rb'"id":"(\w+)"', response.read())[1].decode()
    for _ in range(2):
        chat(ai, extra_body={"backissue": {"chat_id": chat_id}})
    with urllib.request.urlopen(f"{address}api/v1/chats/{chat_id}") as response:
        assert b'"turns":2' in response.read()


# --- streams


def test_stream_joins_to_the_same_message(ai):
    chunks = list(chat(ai, stream=True, stream_options={"include_usage": True}))
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    whole = chat(ai)
    assert "".join(choice.delta.content or "" for choice in choices) == whole.choices[0].message.content
    assert choices[0].delta.role == "assistant"
    assert [choice.finish_reason for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert chunks[-2].model_extra["backissue"]["answer"]["text"] == "the town of Ellery"
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_chunks_leave_the_server_as_they_come(ai, address):
    stream = iter(chat(ai, f"{PIER} And later?", stream=True))
    told = ""
    while "independent source" not in told:
        told += next(stream).choices[0].delta.content or ""
    with urllib.request.urlopen(address + "readyz"):
        pass
    assert list(stream)[-1].choices[0].finish_reason == "stop"


def test_a_question_that_leans_on_the_one_before_is_understood(ai):
    messages = [
        {"role": "user", "content": "Who won the regatta?"},
        {"role": "assistant", "content": "Nothing in the archive answers this."},
        {"role": "user", "content": "Who runs the Ferry Pier?"},
        {"role": "assistant", "content": "the town of Ellery [1]"},
        {"role": "user", "content": "and who ran it before?"},
    ]
    whole = ai.chat.completions.create(model="backissue", messages=messages)
    assert whole.backissue["question"] == "and who ran it before?"
    assert whole.backissue["understood_as"] == "Who ran the Ferry Pier before 20 November 2017?"
    alone = ai.chat.completions.create(model="backissue", messages=[*messages[:4], {"role": "user", "content": PIER}])
    assert alone.backissue["understood_as"] == PIER


def test_what_cannot_be_asked_is_refused_before_the_stream_begins(ai):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        chat(ai, stream=True, extra_body={"backissue": {"sources": ["Nobody"]}})
    assert caught.value.param == "backissue.sources"


def test_a_stream_that_breaks_off_says_so():
    class BreakingQA(FakeQA):
        def steps(self, ask):
            yield next(super().steps(ask))
            raise ModelError("Weights altered.")

    response = post(create_app(Settings(), BreakingQA()).test_client(), stream=True)
    assert response.status_code == 200
    assert '{"error":{"message":"Weights altered.","type":"server_error"' in response.text
    assert "[DONE]" not in response.text


# --- what is refused


@pytest.mark.parametrize(
    ("options", "param", "words"),
    [
        ({"n": 2}, "n", "One answer"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "no tools"),
        ({"response_format": {"type": "json_object"}}, "response_format.type", "backissue"),
        ({"logprobs": True}, "logprobs", "confidence"),
        ({"modalities": ["audio"]}, "modalities.0", "text"),
        ({"extra_body": {"as_of": "2017-11-10"}}, "as_of", "into the field backissue"),
        ({"extra_body": {"temprature": 1}}, "temprature", "'temperature'"),
        ({"extra_body": {"backissue": {"as_off": "2017-11-10"}}}, "backissue.as_off", "'as_of'"),
        ({"extra_body": {"backissue": {"as_of": "soon"}}}, "backissue.as_of", "2017-11-03"),
        ({"extra_body": {"backissue": {"question": "Who?"}}}, "backissue", "last message"),
        ({"extra_body": {"backissue": {"chat_id": "none"}}}, "backissue.chat_id", "no conversation"),
        ({"extra_body": {"backissue": []}}, "backissue", "object"),
        ({"extra_body": {"messages": []}}, "messages", "nothing is asked"),
        ({"extra_body": {"messages": [{"role": "pirate"}]}}, "messages.0.role", "assistant"),
        ({"extra_body": {"messages": [{"role": "user", "content": " "}]}}, "messages", "empty"),
        (
            {"extra_body": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}},
            "messages.0.content",
            "Only text",
        ),
    ],
)
def test_what_an_archive_cannot_do_is_refused_in_openais_shape(ai, options, param, words):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        chat(ai, **options)
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert words in caught.value.message


def test_harmless_options_are_taken(ai):
    completion = chat(ai, temperature=0.2, max_tokens=1, seed=7, stop=["x"], user="me", n=1, tools=[], logprobs=False)
    assert completion.choices[0].message.content.startswith("the town of Ellery [1]")


def test_every_option_of_the_client_is_taken_or_refused_by_name():
    known = set(get_type_hints(completion_create_params.CompletionCreateParamsStreaming))
    assert known - HARMLESS - set(CompletionRequest.model_fields) == set()
    assert HARMLESS - known == set()


def test_models(ai):
    assert [model.id for model in ai.models.list()] == ["backissue"]
    assert ai.models.retrieve("backissue").owned_by == "backissue"
    for ask in (
        lambda: ai.models.retrieve("gpt-4o"),
        lambda: ai.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": PIER}]),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert caught.value.code == "model_not_found"


def test_a_token_is_the_api_key(guarded):
    address, secret = guarded
    with openai.OpenAI(base_url=address + "v1", api_key=secret, max_retries=0) as client:
        assert chat(client).choices[0].message.content.startswith("the town of Ellery [1]")
    wrong = openai.OpenAI(base_url=address + "v1", api_key="sk-wrong", max_retries=0)
    with wrong, pytest.raises(openai.AuthenticationError) as caught:
        chat(wrong)
    assert caught.value.code == "invalid_api_key"
    assert "backissue token create" in caught.value.message


def post(client, **body):
    asked = {"model": "backissue", "messages": [{"role": "user", "content": PIER}]}
    return client.post("/v1/chat/completions", json=asked | body)


def test_long_conversations_are_taken_and_counted(client):
    long = [{"role": "assistant", "content": " " * 300_000}, {"role": "user", "content": PIER}]
    assert post(client, messages=long).get_json()["usage"]["prompt_tokens"] > 1000
    too_long = post(client, messages=[{"role": "user", "content": "x" * 1_100_000}])
    assert too_long.status_code == 413
    assert "1 MiB" in too_long.get_json()["error"]["message"]


def test_body_that_is_no_request(client):
    for body, status in ((b"{", 400), (b"[]", 422), (b"{}", 422)):
        response = client.post("/v1/chat/completions", data=body, content_type="application/json")
        assert (response.status_code, set(response.get_json()["error"])) == (
            status,
            {"message", "type", "param", "code"},
        )
    assert client.post("/v1/chat/completions", data="x").status_code == 415


# --- the words


def test_text_of_articles_is_never_markup():
    hostile = "![x](http://a/b.png) <img src=x> `code`\n# [click](javascript:alert(1)) \\"
    assert plain(hostile) == (r"!\[x\](http://a/b.png) \<img src=x\> \`code\` # \[click\](javascript:alert(1)) \\")


def test_contradictions_are_numbered_after_the_answers_own_citations(app):
    found = FakeQA().ask(Ask(question=PIER))
    answer = Answer(**dict(found.answer) | {"citations": found.answer.citations * 2})
    other = found.alternatives[0].model_copy(update={"conflicting": True})
    told = found.model_copy(update={"answer": answer, "alternatives": (other,)})
    with app.test_request_context():
        text = "".join(markdown(told))
    assert text.startswith("the town of Ellery [1][2]\n")
    assert "Reported otherwise in the same period: Norvik Lines [3]. Low confidence (47 %)" in text
    assert re.findall(r"^- \[(\d)\]", text, re.M) == ["1", "2", "3"]
