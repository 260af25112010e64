import io
import json
import threading
import zipfile
from pathlib import Path

import pytest
from qa_fakes import HARBOUR
from site_pages import page, rss, serving
from working import archive_of, opened, over, working

from index.archive import Archive
from index.formats import Fetcher
from qa.pipeline import QA
from web.jobs import MAX_WAITING
from web.tokens import Tokens

JOBS = "/api/v1/jobs"
LINES = {"Content-Type": "application/x-ndjson"}
ASKS = [
    {"id": "1", "question": "Who runs the old ferry pier?", "answers": ["Norvik Lines"], "kind": "who"},
    {"id": "2", "question": "Who won the regatta?", "as_of": "2017-11-30", "answers": ["The Gulls"], "kind": "who"},
    {"id": "3", "question": "Who is the mayor of Osk?", "answerable": False, "kind": "none"},
]


def lines(rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def articles(number, begin=0):
    return [
        {"id": f"n{n}", "text": f"Lamp {n} shines at the harbour mouth of Port Ellery. It is number {n} of many.",
         "published": "2017-12-01"}
        for n in range(begin, begin + number)
    ]  # fmt: skip


@pytest.fixture
def app(tmp_path):
    with opened(tmp_path) as app:
        yield app


@pytest.fixture
def client(app):
    return app.test_client()


def hand_in(client, rows, **parameters):
    response = client.post(JOBS, data=lines(rows), headers=LINES, query_string=parameters)
    assert response.status_code == 202, response.get_data(as_text=True)
    assert response.headers["Location"] == f"{JOBS}/{response.get_json()['id']}"
    return response.get_json()


def test_articles_are_added_with_the_report_of_the_command_line(app, client):
    rows = [*articles(3), HARBOUR[0], {**HARBOUR[1], "text": "The pier stays closed."}, {"text": " "}]
    job = hand_in(client, rows, kind="add", source="Job Post")
    assert (job["state"], job["done"], job["total"], job["files"]) == ("queued", 0, None, ["articles.jsonl"])
    with working(app):
        done = over(client, job)
    assert (done["state"], done["done"], done["total"]) == ("done", 4, 4)
    report = done["report"]
    assert [report[name] for name in ("added", "updated", "unchanged", "undated", "rejected")] == [3, 1, 1, 0, 1]
    assert report["rejects"][0]["where"] == "articles.jsonl:6"
    assert report["reasons"] == {"no text": 1}
    assert archive_of(app).source_names() >= {"Job Post"}
    name = f"{JOBS}/{job['id']}/results"
    assert [file["name"] for file in client.get(name).get_json()["results"]] == ["rejects.jsonl"]
    download = client.get(f"{name}/rejects.jsonl")
    assert json.loads(download.data)["reason"] == "no text"
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert len(list((archive_of(app).folder / "rejects").iterdir())) == 1


def test_a_form_takes_any_number_of_files_whatever_their_names(app, client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("../evil.txt", "Out of the way.")
        file.writestr("good.txt", "A lamp shines at the harbour mouth.")
    files = [
        (io.BytesIO(b"The harbour board met on Friday."), "../../etc/board.txt"),
        (io.BytesIO(b"Ein Lotse kam an Bord."), "C:\\Lotse \u202eé\0.txt"),
        (io.BytesIO(packed.getvalue()), "scans.zip"),
        (io.BytesIO(b"\x00\x01"), ".." + "x" * 300 + ".bin"),
        (io.BytesIO(b"The harbour board met again."), "board.txt"),
    ]
    data = {"kind": "add", "published": "2017-11-03", "file": files}
    job = client.post(JOBS, data=data, content_type="multipart/form-data").get_json()
    folder = archive_of(app).folder / "service" / "jobs" / job["id"] / "input"
    assert all(path.is_relative_to(folder) for path in folder.rglob("*"))
    assert sorted(path.parent.name for path in folder.rglob("*") if path.is_file()) == list("01234")
    with working(app):
        report = over(client, job)["report"]
    assert (report["added"], report["undated"]) == (4, 0)
    assert sorted(report["reasons"]) == ["unknown file type", "unsafe name"]
    assert {reject["where"].partition("!")[0] for reject in report["rejects"]} == {job["files"][2], job["files"][3]}
    assert str(folder) not in json.dumps(report)


def test_questions_are_asked_and_all_results_can_be_had(app, client):
    job = hand_in(client, ASKS, kind="evaluate", group="kind")
    with working(app):
        done = over(client, job)
    assert (done["state"], done["done"], done["total"], done["report"]) == ("done", 3, 3, None)
    assert done["metrics"]["questions"] == 3
    assert set(done["metrics"]["groups"]) == {'kind="who"', 'kind="none"'}
    results = {file["name"]: file["bytes"] for file in client.get(f"{JOBS}/{job['id']}/results").get_json()["results"]}
    assert {"predictions.jsonl", "metrics.json", "report.html"} <= set(results)
    report = client.get(f"{JOBS}/{job['id']}/results/report.html")
    assert len(report.data) == results["report.html"]
    assert (report.content_type, report.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    for name in ("..%2Finput%2F0%2Fquestions.jsonl", "nothing"):
        assert client.get(f"{JOBS}/{job['id']}/results/{name}").status_code == 404


def test_an_address_is_added_if_it_is_public(app, client, monkeypatch):
    with serving() as site:
        site.pages |= {
            "/feed": rss({"title": "A", "link": f"{site.url}/a", "description": "T"}),
            "/a": page("Iraqi forces enter al-Qaim"),
        }
        asked = {"kind": "add", "address": f"{site.url}/feed"}
        response = client.post(JOBS, query_string=asked)
        assert (response.status_code, response.get_json()["options"]["address"]) == (202, asked["address"])
        with working(app):
            refused = over(client, response.get_json())
            assert refused["report"]["reasons"] == {"not a public address": 1}
            assert site.asked == []
            monkeypatch.setattr("web.work.Fetcher", lambda **_: Fetcher(private=True, pause=0))
            form = {**asked, "file": [(io.BytesIO(lines(articles(1))), "a.jsonl")]}
            both = client.post(JOBS, data=form, content_type="multipart/form-data").get_json()
            added = over(client, both)
    assert (added["report"]["added"], added["report"]["rejected"]) == (2, 0)
    assert site.asked == ["/feed", "/robots.txt", "/a"]


@pytest.mark.parametrize(
    "media", [None, "application/x-www-form-urlencoded", "application/json", "application/x-ndjson"]
)
def test_an_empty_body_beside_an_address_is_no_file(client, media):
    asked = {"kind": "add", "address": "https://a.example/feed"}
    response = client.post(JOBS, data=b"", content_type=media, query_string=asked)
    assert (response.status_code, response.get_json()["files"]) == (202, [])


def test_a_body_beside_an_address_is_still_a_file(client):
    asked = {"kind": "add", "address": "https://a.example/feed"}
    assert hand_in(client, articles(1), **asked)["files"] == ["articles.jsonl"]
    sent = client.post(JOBS, data=b"a=1", content_type="application/x-www-form-urlencoded", query_string=asked)
    assert sent.status_code == 415
    parts = {"headers": {**LINES, "Transfer-Encoding": "chunked"}, "environ_overrides": {"wsgi.input_terminated": True}}
    streamed = client.post(JOBS, input_stream=io.BytesIO(lines(articles(1))), query_string=asked, **parts)
    assert (streamed.status_code, streamed.get_json()["files"]) == (202, ["articles.jsonl"])


def test_nothing_at_all_is_refused(client):
    response = client.post(JOBS, query_string={"kind": "add"})
    assert (response.status_code, response.get_json()["field"]) == (422, "file")


def test_a_beir_folder_is_handed_in_as_its_files(app, client):
    files = [
        (io.BytesIO(lines([{"_id": "q1", "text": "Who won the regatta?"}])), "queries.jsonl"),
        (io.BytesIO(b"query-id\tcorpus-id\tscore\nq1\tregatta\t1\n"), "test.tsv"),
    ]
    job = client.post(JOBS, data={"kind": "evaluate", "file": files}, content_type="multipart/form-data").get_json()
    with working(app):
        done = over(client, job)
    assert (done["error"], done["state"], done["total"]) == (None, "done", 1)


def test_an_unusable_question_file_is_said_in_words_that_name_no_folder(app, client):
    job = hand_in(client, [{"id": "1"}], kind="evaluate")
    with working(app):
        failed = over(client, job)
    assert failed["state"] == "failed"
    assert failed["error"].startswith("questions.jsonl:1")
    assert "question" in failed["error"]
    assert "/" not in failed["error"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "kind"),
        ({"kind": "remove"}, "kind"),
        ({"kind": "add", "group": "x"}, "group"),
        ({"kind": "evaluate", "source": "x"}, "source"),
        ({"kind": "evaluate", "address": "https://a.example/"}, "address"),
        ({"kind": "add", "address": "/etc/passwd"}, "address"),
        ({"kind": "add", "address": "file:///etc/passwd"}, "address"),
        ({"kind": "add", "address": "https://a.example/" + "x" * 2000}, "address"),
        ({"kind": "add", "published": "yesterday"}, "published"),
        ({"kind": "add", "sauce": "x"}, "sauce"),
    ],
)
def test_wrong_parameters_are_refused_by_name(client, parameters, field):
    response = client.post(JOBS, data=b"{}", headers=LINES, query_string=parameters)
    assert (response.status_code, response.get_json()["field"]) == (422, field)
    assert client.get(JOBS).get_json() == {"jobs": [], "total": 0}


def test_bodies_that_are_no_files_or_too_large_leave_nothing_behind(tmp_path):
    with opened(tmp_path, max_upload_mb=1) as app:
        client = app.test_client()
        assert client.post(JOBS, data=b"x", content_type="image/png", query_string={"kind": "add"}).status_code == 415
        empty = client.post(JOBS, data={"kind": "add"}, content_type="multipart/form-data")
        assert (empty.status_code, empty.get_json()["field"]) == (422, "file")
        large = client.post(JOBS, data=b"x" * (1 << 20) + b"x", headers=LINES, query_string={"kind": "add"})
        assert (large.status_code, large.get_json()["detail"]) == (413, "The body is larger than 1 MiB.")
        fits = lines(articles(7000))
        assert 900_000 < len(fits) < 1 << 20
        assert client.post(JOBS, data=fits, headers=LINES, query_string={"kind": "add"}).status_code == 202
        assert len(list((tmp_path / "archive" / "service" / "jobs").iterdir())) == 1


def test_cancelled_deleted_and_listed(app, client):
    first, second, third = (hand_in(client, ASKS, kind="evaluate") for _ in range(3))
    assert [job["id"] for job in client.get(JOBS, query_string={"limit": 2}).get_json()["jobs"]] == [
        third["id"], second["id"]]  # fmt: skip
    assert client.delete(f"{JOBS}/{first['id']}").status_code == 409
    assert client.post(f"{JOBS}/{first['id']}/cancel").get_json()["state"] == "cancelled"
    again = client.post(f"{JOBS}/{first['id']}/cancel")
    assert (again.status_code, again.get_json()["detail"][:21]) == (409, "The job is cancelled;")
    folder = archive_of(app).folder / "service" / "jobs" / first["id"]
    assert folder.exists()
    assert client.delete(f"{JOBS}/{first['id']}").status_code == 204
    assert not folder.exists()
    for response in (client.get(f"{JOBS}/{first['id']}"), client.delete(f"{JOBS}/{first['id']}")):
        assert response.status_code == 404


def test_a_long_line_of_jobs_takes_no_more(client):
    for _ in range(MAX_WAITING):
        hand_in(client, ASKS, kind="evaluate")
    refused = client.post(JOBS, data=lines(ASKS), headers=LINES, query_string={"kind": "evaluate"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")


# --- at work: cancelled, stopped, gone on


class Stepwise:
    """Lets a job go on only so far: `step` waits until it has come there."""

    def __init__(self, monkeypatch, place, name):
        self.reached, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.free = False
        whole = getattr(place, name)

        def slowly(*arguments, **options):
            if not self.free:
                self.reached.release()
                self.go.acquire()
            return whole(*arguments, **options)

        monkeypatch.setattr(place, name, slowly)

    def come(self):
        assert self.reached.acquire(timeout=60)

    def let_go(self):
        self.free = True
        self.go.release()


@pytest.fixture
def rounds(monkeypatch):
    """Indexing stops before it shows the second round of articles."""
    monkeypatch.setattr("web.work.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("index.ahead.ROUND", 4)
    steps = Stepwise(monkeypatch, Archive, "_publish")
    yield steps
    steps.let_go()


def test_a_cancelled_addition_keeps_what_is_indexed_and_takes_the_rest_back(app, client, rounds):
    job = hand_in(client, articles(12), kind="add")
    with working(app):
        rounds.come()
        rounds.go.release()  # the first round
        rounds.come()
        progress = client.get(f"{JOBS}/{job['id']}").get_json()
        assert (progress["state"], progress["done"], progress["total"]) == ("running", 4, 12)
        assert client.post(f"{JOBS}/{job['id']}/cancel").status_code == 200
        rounds.let_go()
        end = hand_in(client, [], kind="evaluate")  # is begun once the one before is cleared up
        over(client, end)
        cancelled = client.get(f"{JOBS}/{job['id']}").get_json()
    info = archive_of(app).info()
    assert cancelled["report"]["added"] + cancelled["report"]["withdrawn"] == 12
    assert info["pending"] == 0
    assert info["articles"] == len(HARBOUR) + cancelled["report"]["added"] < len(HARBOUR) + 12
    assert not any(archive_of(app).verify().values())


def test_an_addition_goes_on_after_a_restart_and_reports_the_whole(app, client, rounds):
    job = hand_in(client, articles(12), kind="add")
    with working(app):
        rounds.come()
        rounds.go.release()
        rounds.come()
        threading.Timer(0.3, rounds.let_go).start()
    assert client.get(f"{JOBS}/{job['id']}").get_json()["state"] == "running"
    assert archive_of(app).info()["pending"] > 0
    with working(app):
        done = over(client, job)
    assert (done["state"], done["report"]["added"], done["report"]["unchanged"]) == ("done", 12, 0)
    assert archive_of(app).info()["articles"] == len(HARBOUR) + 12
    assert done["started_at"] < done["finished_at"]


def test_what_a_cancelled_job_left_when_the_server_ended_is_taken_back_at_the_next_start(app, client, rounds):
    job = hand_in(client, articles(12), kind="add")
    with working(app):
        rounds.come()
        threading.Timer(0.3, rounds.let_go).start()
    assert archive_of(app).info()["pending"] > 0
    client.post(f"{JOBS}/{job['id']}/cancel")  # between two starts
    assert "is being taken back" in client.get(f"/jobs/{job['id']}").get_data(as_text=True)
    with working(app):
        over(client, hand_in(client, ASKS, kind="evaluate"))
    assert archive_of(app).info()["pending"] == 0
    assert client.get(f"{JOBS}/{job['id']}").get_json()["report"]["withdrawn"] > 0


def test_questions_go_on_after_a_restart_also_of_a_changed_archive(app, client, monkeypatch):
    monkeypatch.setattr("web.work.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("qa.evaluate.run.BATCH", 1)
    steps = Stepwise(monkeypatch, QA, "ask_many")
    job = hand_in(client, ASKS, kind="evaluate")
    with working(app):
        steps.come()
        steps.go.release()
        steps.come()
        threading.Timer(0.3, steps.let_go).start()
    assert client.get(f"{JOBS}/{job['id']}").get_json()["state"] == "running"
    assert client.post("/api/v1/articles", json={"text": "A new lamp shines."}).get_json()["outcome"] == "added"
    with working(app):
        done = over(client, job)
    assert (done["state"], done["metrics"]["questions"]) == ("done", 3)


def test_questions_of_people_go_first(app, client, monkeypatch):
    """While one is answered, a job waits at its checkpoints, but not for ever."""
    worker = app.extensions["backissue.worker"]
    waited = []
    monkeypatch.setattr(worker, "busy", lambda: waited.append(1) or True)
    monkeypatch.setattr("web.work.WAY_SECONDS", 0.1)
    job = hand_in(client, ASKS, kind="evaluate")
    with working(app):
        assert over(client, job)["state"] == "done"
    assert len(waited) > len(ASKS)


def test_what_never_became_a_job_is_cleared_away(app, client):
    orphan = archive_of(app).folder / "service" / "jobs" / "0123"
    orphan.mkdir(parents=True)
    kept = hand_in(client, ASKS, kind="evaluate")
    with working(app):
        over(client, kept)
    assert [path.name for path in orphan.parent.iterdir()] == [kept["id"]]


# --- single articles


def test_one_article_is_added_changed_and_removed_at_once(client):
    def ask():
        return client.post("/api/v1/ask", json={"question": "Who keeps the lighthouse of Tarn?"}).get_json()

    record = {"id": 7, "text": "Maud Tollen keeps the lighthouse of Tarn.", "published": "2017-11-03", "odd": [1]}
    added = client.post("/api/v1/articles", json=record)
    assert added.get_json() == {"outcome": "added", "id": added.headers["Location"].rpartition("/")[2]}
    article_id = added.get_json()["id"]
    assert ask()["answer"]["citations"][0]["article_id"] == article_id
    assert client.post("/api/v1/articles", json=record).get_json() == {"outcome": "unchanged", "id": article_id}
    changed = client.post("/api/v1/articles", json={**record, "text": "Ida Quay keeps the lighthouse of Tarn."})
    assert changed.get_json() == {"outcome": "updated", "id": f"{article_id}.2"}
    assert "Ida Quay" in ask()["answer"]["text"]
    assert client.delete(f"/api/v1/articles/{article_id}").get_json() == {"removed": 2}
    assert article_id not in json.dumps(ask())
    assert client.delete(f"/api/v1/articles/{article_id}").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"title": "No words"}, "no text"),
        ({"text": "Words.", "published": "31/31/2017"}, "invalid date"),
        ({"text": ["Words."]}, "wrong type"),
        (["Words."], "not an object"),
        ({"text": "Share this article"}, "no text"),
    ],
)
def test_an_article_that_cannot_be_added_is_refused_with_the_reason(client, body, words):
    response = client.post("/api/v1/articles", json=body)
    assert response.status_code == 422
    assert response.get_json()["detail"].startswith(f"The article was rejected, {words}: ")


def test_other_bodies_are_no_articles(client):
    assert client.post("/api/v1/articles", data=b"text").status_code == 415
    assert client.post("/api/v1/articles", data=b"{", content_type="application/json").status_code == 422


def test_a_single_article_waits_for_no_job(app, client, monkeypatch):
    reached, released = threading.Event(), threading.Event()
    monkeypatch.setattr(app.extensions["backissue.worker"], "busy", lambda: reached.set() or not released.is_set())
    monkeypatch.setattr("web.work.WAY_SECONDS", 60)
    job = hand_in(client, articles(8), kind="add")
    with working(app):
        assert reached.wait(60)  # all is read, nothing indexed
        response = client.post("/api/v1/articles", json={"id": "n3", "text": "Lamp 3 is out."})
        assert response.get_json()["outcome"] == "updated"
        assert archive_of(app).info()["pending"] == 7
        released.set()
        assert over(client, job)["report"]["added"] == 8
    assert not any(archive_of(app).verify().values())
    assert archive_of(app).info()["articles"] == len(HARBOUR) + 8


def test_who_may_only_read_changes_nothing(tmp_path):
    with opened(tmp_path, allow_add=False) as app:
        reader = {"Authorization": f"Bearer {Tokens(_store(tmp_path)).create('reader', 'read')[1]}"}
        writer = {"Authorization": f"Bearer {Tokens(_store(tmp_path)).create('writer', 'write')[1]}"}
        client = app.test_client()
        adding = {"data": lines(articles(1)), "query_string": {"kind": "add"}}
        job = client.post(JOBS, headers={**LINES, **writer}, **adding).get_json()
        for headers, status in (({}, 401), (reader, 403)):
            assert client.post(JOBS, headers={**LINES, **headers}, **adding).status_code == status
            assert client.post(f"{JOBS}/{job['id']}/cancel", headers=headers).status_code == status
            assert client.delete(f"{JOBS}/{job['id']}", headers=headers).status_code == status
            assert client.post("/api/v1/articles", json={"text": "x"}, headers=headers).status_code == status
            assert client.delete("/api/v1/articles/x", headers=headers).status_code == status
            assert client.get("/add", headers=headers).status_code == status
            assert client.post("/add", data={"text": "x"}, headers=headers).status_code == status
        asking = {"data": lines(ASKS), "query_string": {"kind": "evaluate"}}
        assert client.post(JOBS, headers=LINES, **asking).status_code == 202


def _store(folder: Path):
    from web.store import Store

    return Store(folder / "archive" / "service")
