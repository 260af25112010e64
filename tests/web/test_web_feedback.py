import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from qa_fakes import open_archive

from qa.evaluate.questions import read_questions
from web.cli import main
from web.feedback import Judgements
from web.store import Store

FEEDBACK = "/api/v1/feedback"
PIER = "Who runs the ferry pier?"


def place(client, words, article_id="harbour-1"):
    """Where the words stand in an article."""
    start = client.get(f"/api/v1/articles/{article_id}").get_json()["text"].index(words)
    return {"article_id": article_id, "start": start, "end": start + len(words)}


def say(client, verdict="right", words="Norvik Lines", question=PIER, better=None, subject="answer", **asked):
    """Judges an answer of these words; None means that nothing answers."""
    shown = {"text": words, "citation": place(client, words)} if words else {}
    body = {"asked": {"question": question, **asked}, "subject": subject, "verdict": verdict, "shown": shown}
    response = client.post(FEEDBACK, json={**body, **({"better": place(client, better)} if better else {})})
    assert response.status_code == 201, response.get_json()
    return response.get_json()


def exported(client):
    response = client.get(f"{FEEDBACK}/export")
    assert response.headers["Content-Disposition"] == 'attachment; filename="feedback.jsonl"'
    return [json.loads(line) for line in response.get_data(as_text=True).splitlines()]


def test_said_listed_and_taken_back(client):
    first = say(client, as_of="2017-11-10", sources=["Sample Harbour Post"])
    second = say(client, "wrong", better="The company", subject="citation")
    assert first["asked"]["as_of"] == "2017-11-10"
    assert second["better"]["text"] == "The company"
    listed = client.get(FEEDBACK).get_json()
    assert (listed["feedback"], listed["total"]) == ([second, first], 2)
    assert client.get(FEEDBACK, query_string={"limit": 1, "offset": 1}).get_json()["feedback"] == [first]
    assert client.delete(f"{FEEDBACK}/{first['id']}").status_code == 204
    assert client.delete(f"{FEEDBACK}/{first['id']}").status_code == 404
    assert client.get(FEEDBACK).get_json()["total"] == 1


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"verdict": "perhaps"}, 422, "verdict"),
        ({"subject": "weather"}, 422, "subject"),
        ({"asked": {"question": PIER, "as_of": "today"}}, 422, "as_of"),
        ({"asked": None}, 422, "body"),
        ({"shown": {"text": "Norvik Lines"}}, 422, "shown.citation"),
        ({"shown": {}, "subject": "citation"}, 422, "shown.citation"),
        ({"shown": {"text": "Something else"}}, 422, "shown.text"),
        ({"better": {"article_id": "harbour-1", "start": 5, "end": 5}}, 422, "better.end"),
        ({"better": {"article_id": "harbour-1", "start": 0, "end": 10**6}}, 422, "better"),
        ({"better": {"article_id": "hostile", "start": 0, "end": 40_000}}, 422, "better"),
        ({"better": {"article_id": "nothing", "start": 0, "end": 1}}, 404, None),
        ({"better": {"article_id": "harbour-1", "start": 0, "end": 1, "text": "Invented"}}, 422, "better.text"),
        ({"commend": "x"}, 422, "commend"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, change, status, field):
    citation = place(client, "Norvik Lines")
    body = {
        "asked": {"question": PIER},
        "subject": "answer",
        "verdict": "right",
        "shown": {"text": "Norvik Lines", "citation": citation},
    }
    if change.get("shown", {}).get("text") == "Something else":
        change = {"shown": {"text": "Something else", "citation": citation}}
    response = client.post(FEEDBACK, json=body | change)
    assert (response.status_code, response.get_json().get("field")) == (status, field)
    assert client.get(FEEDBACK).get_json()["total"] == 0


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([("right", "Norvik Lines")], {"answers": ["Norvik Lines"]}),
        ([("wrong", "Norvik Lines")], None),
        ([("wrong", "Norvik Lines", "The company")], {"answers": ["The company"]}),
        ([("right", "Norvik Lines"), ("right", "The company")], {"answers": ["Norvik Lines", "The company"]}),
        ([("right", "Norvik Lines"), ("wrong", "Norvik Lines")], None),
        ([("wrong", "Norvik Lines"), ("right", "Norvik Lines")], {"answers": ["Norvik Lines"]}),
        ([("right", None)], {"answerable": False}),
        ([("wrong", None)], None),
        ([("wrong", None, "The company")], {"answers": ["The company"]}),
        ([("right", None), ("right", "Norvik Lines")], {"answers": ["Norvik Lines"]}),
        ([("right", "Norvik Lines"), ("right", None)], {"answerable": False}),
        ([("right", "Norvik Lines"), ("right", None), ("wrong", None)], None),
    ],
)
def test_the_latest_of_contradictory_judgements_counts(client, said, right):
    for one in said:
        say(client, *one[:2], better=one[2] if len(one) > 2 else None)
    lines = exported(client)
    assert [{name: line[name] for name in line if name in ("answers", "answerable")} for line in lines] == (
        [right] if right else []
    )


def test_a_citation_says_nothing_of_the_answer(client):
    say(client, "right", subject="citation")
    assert exported(client) == []


def test_the_export_is_a_question_file(client, tmp_path):
    say(client, as_of="2017-11-10")
    say(client, as_of="2017-11-10", passages=5, ignore_period=True)  # the same question
    say(client, after="2017-11-01", sources=["Sample Harbour Post"], languages=["en"])
    say(client, words=None, question="Who won the “regatta”?")
    lines = exported(client)
    assert exported(client) == lines
    file = tmp_path / "feedback.jsonl"
    file.write_bytes(client.get(f"{FEEDBACK}/export").data)
    asked = read_questions(file, 10)
    assert [(one.answers, one.answerable) for one in asked] == [
        (("Norvik Lines",), None), (("Norvik Lines",), None), ((), False)]  # fmt: skip
    assert asked[0].ask.as_of.isoformat() == "2017-11-10"
    assert (asked[1].ask.after.isoformat(), asked[1].ask.sources) == ("2017-11-01", ("Sample Harbour Post",))
    assert asked[1].ask.languages == ("en",)
    assert asked[2].ask.question == "Who won the “regatta”?"


def test_the_command_writes_the_file_while_the_archive_is_in_use(client, qa, tmp_path):
    with open_archive(tmp_path / "archive") as held:
        store = Store(held.folder / "service")
        one = client.get(FEEDBACK)  # whatever it holds
        assert one.status_code == 200
        from qa.answer import Ask
        from web.feedback import Judged

        judged = Judged(subject="answer", verdict="right", shown={"citation": place(client, "Norvik Lines")})
        Judgements(store).add(Ask(question=PIER), judged, qa)
        out = tmp_path / "said.jsonl"
        run = CliRunner().invoke(main, ["--archive", str(held.folder), "feedback", "--out", str(out)])
    assert (run.exit_code, run.output) == (0, f"Wrote 1 question(s) to {out}.\n")
    assert json.loads(out.read_text())["answers"] == ["Norvik Lines"]
    missing = CliRunner().invoke(main, ["--archive", str(tmp_path / "none"), "feedback", "--out", str(out)])
    assert missing.exit_code == 1


# --- the page


def form_of(page, path="/feedback"):
    """The hidden fields of the first form for judging in a page."""
    form = re.search(rf'<form action="{path}" method="post".*?</form>', page, re.DOTALL)[0]
    unescape = {"&amp;": "&", "&#39;": "'", "&#34;": '"'}
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)">', form))
    return {name: re.sub("&[^;]+;", lambda m: unescape[m[0]], value) for name, value in fields.items()}


def macro(app, template, **given):
    with app.test_request_context("/?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-10"):
        return app.jinja_env.from_string('{% from "_feedback.html" import judge %}' + template).render(**given)


@pytest.fixture
def turn(app, qa):
    from qa.answer import Ask
    from web.present import turn_of

    def made(question=PIER):
        ask = Ask(question=question, as_of="2017-11-10")
        with app.test_request_context():
            return turn_of(ask, qa.ask(ask))

    return made


def test_a_judgement_is_noted_without_script_and_leads_back_to_thanks(app, client, turn):
    page = macro(app, '{{ judge("answer", turn) }}', turn=turn())
    fields = form_of(page)
    response = client.post("/feedback", data={**fields, "verdict": "right"})
    assert response.status_code == 303
    back, _, mark = response.headers["Location"].partition("#")
    assert back == "/?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-10"
    assert f'class="thanks" id="{mark}"' in page
    (said,) = client.get(FEEDBACK).get_json()["feedback"]
    assert (said["text"], said["verdict"], said["asked"]["as_of"]) == ("Norvik Lines", "right", "2017-11-10")


def test_that_nothing_answers_can_be_right(app, client, turn):
    page = macro(app, '{{ judge("answer", turn) }}', turn=turn("Who won?"))
    assert "Is it right that nothing answers?" in page
    client.post("/feedback", data={**form_of(page), "verdict": "right"})
    assert exported(client)[0]["answerable"] is False


def test_a_citation_has_thanks_of_its_own(app, turn):
    asked = turn()
    citation = asked["response"].answer.citations[0]
    both = macro(app, '{{ judge("answer", turn) }}{{ judge("citation", turn, one) }}', turn=asked, one=citation)
    marks = re.findall(r'class="thanks" id="(.*?)"', both)
    assert len(marks) == len(set(marks)) == 2
    assert 'name="subject" value="citation"' in both


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_way_back_stays_on_this_server(app, client, turn, back):
    fields = form_of(macro(app, '{{ judge("answer", turn) }}', turn=turn()))
    response = client.post("/feedback", data={**fields, "verdict": "right", "back": back})
    assert response.headers["Location"] == "/feedback"


def test_words_of_an_article_are_typed_where_there_is_no_script(client):
    page = client.get("/articles/harbour-1?judge=q%3DWho%2Bruns%2Bit%26as_of%3D2017-11-10").get_data(as_text=True)
    fields = form_of(page)
    assert parse_qs(urlsplit(fields["address"]).query) == {"q": ["Who runs it"], "as_of": ["2017-11-10"]}
    response = client.post("/feedback", data={**fields, "words": "met  on Friday."})
    assert response.status_code == 303
    (said,) = client.get(FEEDBACK).get_json()["feedback"]
    assert said["better"] == {**place(client, "met on Friday."), "text": "met on Friday."}
    for words, told in (("met on Sunday", "do not stand"), ("the", "times"), (" ", "No words are selected")):
        refused = client.post("/feedback", data={**fields, "words": words})
        assert refused.status_code == 422
        assert told in refused.get_data(as_text=True)


def test_a_selection_that_does_not_fit_the_article_is_refused(client):
    fields = form_of(client.get("/articles/harbour-1?judge=q%3DWho").get_data(as_text=True))
    wrong = {"better_start": "3", "better_end": "9", "words": "Norvik"}
    assert client.post("/feedback", data={**fields, **wrong}).status_code == 422


def test_the_very_words_that_were_shown_are_right(client):
    shown = place(client, "Norvik Lines")
    path = f"/articles/harbour-1?answer_start={shown['start']}&answer_end={shown['end']}&judge=q%3DWho"
    fields = form_of(client.get(path).get_data(as_text=True))
    found = {"better_start": shown["start"], "better_end": shown["end"], "words": "Norvik Lines"}
    client.post("/feedback", data={**fields, **found})
    (said,) = client.get(FEEDBACK).get_json()["feedback"]
    assert (said["verdict"], said["text"], said["better"]) == ("right", "Norvik Lines", None)


@pytest.mark.parametrize("judge", ["", "q%3D", "nonsense", "q%3Dx%26as_of%3Dnever"])
def test_the_reading_view_asks_for_words_only_where_there_is_a_question(client, judge):
    assert "data-better" not in client.get(f"/articles/harbour-1?judge={judge}").get_data(as_text=True)


def test_the_page_lists_links_and_deletes(client):
    say(client, "wrong", better="The company", as_of="2017-11-10", question="<b>Who</b> runs it?")
    page = client.get("/feedback").get_data(as_text=True)
    assert "&lt;b&gt;Who&lt;/b&gt; runs it?" in page
    assert "<b>" not in page
    assert "better: “<bdi>The company</bdi>”" in page
    assert f"{FEEDBACK}/export" in page
    delete = re.search(r'action="(/feedback/\w+/delete)"', page)[1]
    assert client.post(delete).headers["Location"] == "/feedback"
    assert "Nobody has judged" in client.get("/feedback").get_data(as_text=True)
