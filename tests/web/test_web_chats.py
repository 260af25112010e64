"""Conversations: kept, carried on, listed, renamed, deleted and exported; through the store, the API and the pages."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html import unescape

import pytest
from fake_archive import FakeQA

from index.errors import InputError, NotFoundError
from qa.answer import Ask
from web.app import create_app
from web.chats import MAX_TITLE_CHARS, Chats
from web.settings import Settings
from web.store import Store

PIER = "Who runs the ferry pier?"
COURIER = "Demo Courier"
HOSTILE = '<script>alert(1)</script>" onfocus=x \u202e\u2028&amp;'
ALL = "/api/v1/chats"


@pytest.fixture
def chats(store):
    return Chats(store)


@pytest.fixture
def client(qa, store):
    return create_app(Settings(rate_limit=""), qa, store=store, examples=["Who?"]).test_client()


def asked(chats, chat_id, question=PIER, **fields):
    """A question put in a conversation, and the response."""
    return chats.ask(FakeQA(), Ask(question=question, chat_id=chat_id, **fields))


def post(client, **fields):
    return client.post("/ask", data=fields)


def begun(client, **fields):
    """The id of a conversation begun on the page."""
    location = post(client, q=PIER, **fields).location
    return re.fullmatch(r"/chats/([0-9a-f]{16})#turn-1", location)[1]


def begins(client):
    """The id that the start page gives to the conversation it may begin."""
    return re.search(r'name="begins" value="([0-9a-f]{16})"', client.get("/").text)[1]


class TestStore:
    def test_a_conversation_takes_the_title_of_its_first_question(self, chats):
        chat = chats.create()
        asked(chats, chat.id, "Who  runs\nthe ferry pier?")
        asked(chats, chat.id, "And who won?")
        kept = chats.get(chat.id)
        assert (kept.title, kept.turns) == (PIER, 2)
        assert [turn.position for turn in kept.exchanges] == [1, 2]
        assert kept.exchanges[0].response.answer.text == "the town of Ellery"
        assert kept.updated_at > kept.created_at

    def test_a_title_given_stays(self, chats):
        chat = chats.create("  Border \n towns ")
        asked(chats, chat.id)
        assert chats.get(chat.id).title == "Border towns"

    def test_a_long_question_is_cut_for_a_title(self, chats):
        chat = chats.create()
        asked(chats, chat.id, "pier " * 100)
        assert len(chats.get(chat.id).title) <= MAX_TITLE_CHARS

    def test_the_latest_conversation_is_listed_first(self, chats):
        first, second = chats.create("one"), chats.create("two")
        asked(chats, first.id)
        listed, total = chats.page(10)
        assert [(chat.id, chat.turns) for chat in listed] == [(first.id, 1), (second.id, 0)]
        assert total == 2
        assert [chat.id for chat in chats.page(1, 1)[0]] == [second.id]
        assert chats.page(10, 10**9) == ([], 2)

    def test_another_store_on_the_same_folder_has_all_of_it(self, tmp_path):
        store = Store(tmp_path)
        chat = Chats(store).create()
        asked(Chats(store), chat.id, as_of=date(2017, 11, 10), sources=("Sample Harbour Post",))
        before = Chats(store).get(chat.id)
        store.close()
        again = Store(tmp_path)
        assert Chats(again).get(chat.id) == before
        again.close()

    def test_questions_at_once_get_a_position_each(self, tmp_path):
        stores = [Store(tmp_path) for _ in range(2)]  # as two processes have
        chat = Chats(stores[0]).create()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: asked(Chats(stores[number % 2]), chat.id, f"pier {number}?"), range(40)))
        turns = Chats(stores[0]).get(chat.id).exchanges
        assert [turn.position for turn in turns] == list(range(1, 41))
        assert {turn.asked.question for turn in turns} == {f"pier {number}?" for number in range(40)}
        for store in stores:
            store.close()

    @pytest.mark.parametrize(
        "call",
        [
            lambda chats, chat_id: chats.get(chat_id),
            lambda chats, chat_id: chats.last(chat_id),
            lambda chats, chat_id: chats.latest(chat_id, 5),
            lambda chats, chat_id: chats.rename(chat_id, "x"),
            lambda chats, chat_id: chats.delete(chat_id),
            lambda chats, chat_id: asked(chats, chat_id),
        ],
        ids=["get", "last", "latest", "rename", "delete", "ask"],
    )
    def test_what_is_unknown_or_deleted_is_not_found(self, chats, call):
        chat = chats.create()
        asked(chats, chat.id)
        chats.delete(chat.id)
        for chat_id in (chat.id, "nobody", "", "' OR 1=1 --", "x\0y", "\u202e"):
            with pytest.raises(NotFoundError):
                call(chats, chat_id)
        assert chats.page(10) == ([], 0)

    def test_a_deleted_conversation_takes_its_turns_along(self, chats):
        chat, other = chats.create(), chats.create()
        for one in (chat, other):
            asked(chats, one.id)
        chats.delete(chat.id)
        with pytest.raises(NotFoundError):
            chats.latest(chat.id, 1)
        assert [turn.position for turn in chats.latest(other.id, 1)] == [1]

    def test_deleted_while_it_is_answered(self, chats):
        chat = chats.create()
        steps = chats.steps(FakeQA(), Ask(question=PIER, chat_id=chat.id))
        assert next(steps).name == "passages"
        chats.delete(chat.id)
        with pytest.raises(NotFoundError):
            list(steps)
        assert chats.page(10) == ([], 0)

    @pytest.mark.parametrize("title", ["", " \n\u2028", "x" * (MAX_TITLE_CHARS + 1)])
    def test_a_title_is_one_line_of_sane_length(self, chats, title):
        chat = chats.create("as it was")
        with pytest.raises(InputError) as caught:
            chats.rename(chat.id, title)
        assert caught.value.field == "title"
        assert chats.get(chat.id).title == "as it was"


class TestCarrying:
    def test_filters_are_carried_over_until_something_else_is_said(self, chats):
        chat = chats.create()
        asked(chats, chat.id, as_of=date(2017, 11, 30), sources=(COURIER,), exact_names=True)
        asked(chats, chat.id, "And the ferry pier?")
        asked(chats, chat.id, PIER, as_of=None, sources=("Sample Harbour Post",))
        _, second, third = (turn.asked for turn in chats.get(chat.id).exchanges)
        assert (second.as_of, second.sources, second.exact_names) == (date(2017, 11, 30), (COURIER,), True)
        assert (third.as_of, third.sources, third.exact_names) == (None, ("Sample Harbour Post",), True)

    def test_a_follow_up_is_understood_and_its_chain_goes_on(self, chats):
        chat = chats.create()
        asked(chats, chat.id, as_of=date(2017, 11, 30))
        first = asked(chats, chat.id, "and who ran it before that?")
        second = asked(chats, chat.id, "who sold it?")
        assert first.understood_as == "Who ran the ferry pier before 20 November 2017?"
        assert second.understood_as == "Who sold the ferry pier?"

    def test_what_it_follows_may_be_given(self, chats):
        chat = chats.create()
        asked(chats, chat.id)
        assert asked(chats, chat.id, "and before?", follows=None).understood_as == "and before?"

    def test_a_chain_of_long_follow_ups_stays_a_question(self, chats):
        chat = chats.create()
        asked(chats, chat.id, "Who runs the pier of " + "Port Ellery Upon Sea " * 40 + "?")
        for _ in range(3):
            assert len(asked(chats, chat.id, "Did it " * 250 + "?").understood_as) <= 2000

    def test_the_page_carries_the_filters_in_its_form(self, client):
        chat = begun(client, as_of="2017-11-10", source="Sample Harbour Post")
        page = client.get(f"/chats/{chat}").text
        assert 'name="as_of" type="date" value="2017-11-10"' in page
        assert re.search(r'value="Sample Harbour Post" checked', page)

    def test_the_answer_at_an_address_becomes_the_first_of_a_conversation(self, client, chats):
        page = client.get("/?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-30").text
        started = re.search(r'name="started" value="([^"]+)"', page)[1].replace("&amp;", "&")
        response = post(client, q="and before that?", started=started)
        assert response.status_code == 303
        assert response.location.endswith("#turn-2")
        first, second = chats.get(response.location.split("/")[2].split("#")[0]).exchanges
        assert first.asked.as_of == date(2017, 11, 30)
        assert second.response.understood_as == "Who runs the ferry pier before 20 November 2017?"
        shown = client.get(response.location).text
        assert "Understood as: <bdi>Who runs the ferry pier before 20 November 2017?</bdi>" in shown
        assert 'href="/?q=and+before+that?" data-ask>Ask it as typed' in shown

    def test_a_question_alone_follows_nothing(self, client, chats):
        chat = begun(client)
        post(client, q="and before?", chat=chat, alone="1")
        assert chats.last(chat).response.understood_as == "and before?"


class TestApi:
    def test_begin_ask_read_rename_delete(self, client):
        made = client.post(ALL, json={})
        assert made.status_code == 201
        address = made.headers["Location"]
        chat = made.get_json()["id"]
        answer = client.post("/api/v1/ask", json={"question": PIER, "chat_id": chat}).get_json()
        read = client.get(address).get_json()
        assert read["exchanges"][0]["response"] == answer
        assert (read["title"], read["turns"]) == (PIER, 1)
        assert client.patch(address, json={"title": HOSTILE}).get_json()["title"] == " ".join(HOSTILE.split())
        assert client.get(ALL).get_json()["total"] == 1
        assert client.delete(address).status_code == 204
        for method in (client.get, client.delete):
            assert method(address).status_code == 404

    def test_as_a_transcript(self, client):
        address = f"{ALL}/{begun(client)}"
        response = client.get(address, headers={"Accept": "text/markdown"})
        assert response.content_type == "text/markdown; charset=utf-8"
        assert response.text.startswith(f"# {PIER}\n")
        assert client.get(address, headers={"Accept": "*/*"}).is_json

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=1e3", "ofset=1", "limit=²"]
    )
    def test_a_list_is_asked_for_properly(self, client, query):
        response = client.get(f"{ALL}?{query}")
        assert response.status_code == 422
        assert response.get_json()["field"] == query.split("=")[0]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"title": "x" * 201}, 422),
            ({"title": 7}, 422),
            ({"titel": "x"}, 422),
            ([], 422),
            ({"title": ""}, 422),
        ],
    )
    def test_a_bad_title_changes_nothing(self, client, chats, body, status):
        chat = chats.create("as it was")
        response = client.patch(f"{ALL}/{chat.id}", json=body)
        assert response.status_code == status
        assert chats.get(chat.id).title == "as it was"

    def test_asking_in_an_unknown_conversation(self, client):
        for accept in ("application/json", "text/event-stream"):
            response = client.post(
                "/api/v1/ask", json={"question": PIER, "chat_id": "nobody"}, headers={"Accept": accept}
            )
            assert response.status_code == 404
            assert "no conversation 'nobody'" in response.get_json()["detail"]

    def test_a_refused_question_leaves_the_conversation_as_it_was(self, client, chats):
        chat = begun(client)
        refused = client.post("/api/v1/ask", json={"question": " ", "chat_id": chat})
        assert refused.status_code == 422
        assert chats.get(chat).turns == 1

    def test_heads_have_no_body_and_change_nothing(self, client, chats):
        chat = begun(client)
        for path in ("/", "/?q=pier", "/chats", f"/chats/{chat}", f"{ALL}/{chat}", f"/chats/{chat}/conversation.md"):
            response = client.head(path)
            assert (response.status_code, response.data) == (200, b"")
        assert chats.page(10)[1] == 1


class TestPages:
    def test_two_posts_are_two_questions(self, client, chats):
        chat = begun(client)
        for _ in range(2):
            post(client, q=PIER, chat=chat)
        assert chats.get(chat).turns == 3

    @pytest.mark.parametrize("started", ["", "q=pier&as_of=2017-11-10"])
    def test_a_form_sent_twice_at_once_begins_one_conversation(self, client, chats, started):
        fields = {"q": PIER, "started": started, "begins": begins(client)}
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda _: client.application.test_client().post("/ask", data=fields), range(4)))
        assert len({response.location for response in found}) == 1
        assert chats.page(10)[1] == 1
        assert chats.page(10)[0][0].turns == 1 + bool(started)

    def test_another_question_on_a_page_that_has_begun_a_conversation_begins_another(self, client, chats):
        fields = {"begins": begins(client)}
        first, second = (post(client, q=question, **fields).location for question in (PIER, "Who won?"))
        assert first != second
        assert second.endswith("#turn-1")
        assert [chat.turns for chat in chats.page(10)[0]] == [1, 1]

    def test_the_same_question_later_on_is_asked_again(self, client, chats, monkeypatch):
        monkeypatch.setattr("web.chats.TWICE", timedelta(0))
        fields = {"q": PIER, "begins": begins(client)}
        assert post(client, **fields).location != post(client, **fields).location

    @pytest.mark.parametrize("given", ["", "x", "../../etc", "A" * 16, "0" * 500])
    def test_an_id_of_another_kind_is_not_taken(self, client, given):
        assert re.fullmatch(r"/chats/[0-9a-f]{16}#turn-1", post(client, q=PIER, begins=given).location)

    def test_a_conversation_that_is_gone_is_said_in_words_with_the_way_to_ask_in_a_new_one(self, client, chats):
        chat = begun(client)
        chats.delete(chat)
        page = post(client, q="Who <won>?", as_of="2017-11-30", source=[COURIER], chat=chat)
        assert page.status_code == 404
        assert chat not in page.text
        assert "This conversation is no longer here" in page.text
        form = page.text.split('action="/ask"')[1].split("</form>")[0]
        sent = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
        assert sent == {"q": "Who <won>?", "as_of": "2017-11-30", "source": COURIER}
        assert "Ask it in a new conversation" in form
        events = client.post("/ask", data={"q": PIER, "chat": chat}, headers={"Accept": "text/event-stream"})
        assert events.status_code == 404
        assert "Ask it in a new conversation" in events.text
        page = client.get(f"/chats/{chat}")
        assert "This conversation is no longer here" in page.text
        assert "Ask it in" not in page.text
        told = client.post("/api/v1/ask", json={"question": PIER, "chat_id": chat}).get_json()
        assert "start page" not in told["detail"]
        assert "POST /api/v1/chats" in told["detail"]

    def test_list_rename_export_delete(self, client, chats):
        assert "There are none yet" in client.get("/chats").text
        chat = begun(client)
        assert f'href="/chats/{chat}"' in client.get("/chats").text
        renamed = client.post(f"/chats/{chat}/rename", data={"title": HOSTILE})
        assert (renamed.status_code, renamed.location) == (303, "/chats")
        page = client.get("/chats").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        transcript = client.get(f"/chats/{chat}/conversation.md")
        assert (
            transcript.headers["Content-Disposition"] == 'attachment; filename="script-alert-1-script-onfocus-x-amp.md"'
        )
        exported = client.get(f"/chats/{chat}/conversation.json")
        assert json.loads(exported.data)["exchanges"][0]["response"]["answer"]["text"] == "the town of Ellery"
        assert "attachment" in exported.headers["Content-Disposition"]
        assert client.post(f"/chats/{chat}/delete").location == "/chats"
        assert client.get(f"/chats/{chat}").status_code == 404

    def test_the_list_is_paged(self, client, chats):
        for number in range(51):
            chats.create(f"conversation {number}.")
        first, second = client.get("/chats").text, client.get("/chats?page=2").text
        assert "conversation 50." in first
        assert 'href="/chats?page=2"' in first
        assert "conversation 0." in second
        assert 'href="/chats?page=1"' in second
        for nonsense in ("0", "-1", "x", "²", "9" * 99):
            assert "conversation 50." in client.get(f"/chats?page={nonsense}").text
        assert client.get("/chats?page=999999999").status_code == 200

    def test_the_start_page_offers_the_latest(self, client):
        chat = begun(client)
        assert f'href="/chats/{chat}"' in client.get("/").text

    def test_conversations_of_one_day_are_told_apart_by_the_time(self, client, chats):
        moment = chats.get(begun(client)).updated_at
        for path in ("/", "/chats"):
            assert f"{moment.day} {moment:%B %Y, %H:%M} UTC" in client.get(path).text
        assert "New conversation" in client.get(f"/chats/{chats.page(1)[0][0].id}").text

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"q": ""}, "empty"),
            ({"q": "x" * 2001}, "2,000"),
            ({"q": PIER, "as_of": "yesterday"}, "as_of must be a date"),
            ({"q": PIER, "source": "Nobody"}, "no source"),
            ({"q": PIER, "befor": "2017-01-01"}, "Did you mean 'before'"),
            ({"q": [PIER, "Who won?"]}, "more than once"),
            ({"q": PIER, "started": "nonsense"}, "empty"),
            ({"q": PIER, "started": "q=x&q=y"}, "more than once"),
            ({"q": PIER, "started": "q=x&as_of=soon"}, "as_of must be a date"),
            ({"q": PIER, "started": "q=x&version=1&version=2"}, "more than once"),
            ({"q": PIER, "started": "chat=1&q=x"}, "no field 'chat'"),
        ],
    )
    @pytest.mark.parametrize("accept", ["text/html", "text/event-stream"])
    def test_slips_are_said_and_keep_nothing(self, client, chats, fields, words, accept):
        response = client.post("/ask", data=fields, headers={"Accept": accept})
        assert response.status_code == 422
        assert words in response.text.replace("&#39;", "'")
        assert ("<html" in response.text) == (accept == "text/html")
        assert chats.page(1)[1] == 0

    def test_a_slip_in_a_conversation_keeps_what_was_typed(self, client):
        chat = begun(client)
        page = post(client, q="Who won?", as_of="soon", chat=chat)
        assert page.status_code == 422
        assert 'id="turn-1"' in page.text
        assert 'value="Who won?"' in page.text
        assert f'name="chat" value="{chat}"' in page.text

    @pytest.mark.parametrize("chat", ["nobody", "../../etc", "x" * 5000, "\u202e", "%00"])
    def test_an_unknown_conversation_is_a_page_in_words(self, client, chat):
        assert post(client, q=PIER, chat=chat).status_code == 404
        assert post(client, q="", chat=chat).status_code in (404, 422)

    @pytest.mark.parametrize(
        "body",
        [b"q=\xff\xfe&as_of=", b"q=%ff%00pier&chat=%ff", b"&&&=", b"q", b"\x00", b"q=" + b"%F0%9F" * 50],
    )
    def test_bytes_that_are_no_text(self, client, body):
        response = client.post("/ask", data=body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in (303, 404, 422)

    def test_huge_forms_are_refused(self, client):
        for fields in ({"q": "x" * 70_000}, {"q": PIER, "started": "q=x&" * 20_000}):
            assert post(client, **fields).status_code == 413
        assert post(client, q=PIER, **{f"f{n}": "" for n in range(5000)}).status_code in (413, 422)

    def test_an_address_of_another_version_says_so(self, client):
        notice = "The archive has changed since this address was made"
        assert notice in client.get("/?q=pier&version=6").text
        assert notice not in client.get("/?q=pier&version=7").text
        assert notice not in client.get("/?q=pier&version=").text
        assert client.get("/?q=pier&version=7&version=6").status_code == 422

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31"])
    def test_days_far_away(self, client, day):
        for field in ("as_of", "after", "before"):
            assert client.get(f"/?q=ferry+pier&{field}={day}").status_code == 200
            assert post(client, q=PIER, **{field: day}).status_code == 303

    def test_forms_of_another_site_are_refused(self, client, chats):
        chat = begun(client)
        for path in ("/ask", f"/chats/{chat}/delete", f"/chats/{chat}/rename"):
            response = client.post(path, data={"q": PIER, "title": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
            assert response.status_code == 403
        assert chats.get(chat).turns == 1


def test_a_long_conversation_is_shown_in_parts(client):
    chat = client.post("/api/v1/chats", json={}).get_json()["id"]
    for number in range(45):
        assert client.post("/api/v1/ask", json={"question": f"pier {number}?", "chat_id": chat}).status_code == 200
    page = client.get(f"/chats/{chat}").text
    assert re.findall(r'id="turn-(\d+)"', page) == [str(n) for n in range(26, 46)]
    assert f"/chats/{chat}?before=26" in page
    page = client.get(f"/chats/{chat}?before=6").text
    assert re.findall(r'id="turn-(\d+)"', page) == [str(n) for n in range(1, 6)]
    assert "before=" not in page.split("<main")[1].split('id="conversation"')[0]
    assert "Back to the latest questions" in page


def test_what_another_version_kept_is_still_read(tmp_path):
    store = Store(tmp_path)
    chats = Chats(store)
    chat = chats.create()
    asked(chats, chat.id)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE turns SET response = json_set(response, '$.novelty', 1)")
        connection.exec_driver_sql("UPDATE turns SET asked = json_set(asked, '$.novelty', 1)")
    assert len(chats.get(chat.id).exchanges) == 1
    store.close()
