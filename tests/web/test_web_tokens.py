"""Tokens: kept as digests, made and ended on the command line, and used by it."""

import httpx
import pytest
from click.testing import CliRunner
from fake_archive import FakeQA
from fakes import FakeEncoder
from qa_fakes import HARBOUR, open_archive

from index.errors import ArchiveError, ArchiveLockedError, InputError, NotFoundError, SettingsError
from qa.answer import Ask
from qa.sentences import SentenceReader
from web import cli, engine, remote
from web.app import create_app
from web.cli import main
from web.settings import Settings
from web.store import Store
from web.tokens import Tokens

URL = "http://0.0.0.0:8000/"
LOCKED = ArchiveLockedError("The archive is in use by process 1.", url=URL)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "service")
    yield store
    store.close()


@pytest.fixture
def server(store, monkeypatch):
    """A server at `URL` that is open to the network; what it is asked goes through no socket."""
    app = create_app(Settings(host="0.0.0.0", rate_limit="3 per minute"), FakeQA(), store=store)

    def request(method, url, *, trust_env, **options):
        assert trust_env is False  # a proxy of the environment's is not asked for what is on this machine
        with httpx.Client(transport=httpx.WSGITransport(app)) as client:
            return client.request(method, url, **options)

    monkeypatch.setattr(httpx, "request", request)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(*words): `backissue` with these words beside an archive; no model can be loaded."""
    monkeypatch.delenv("BACKISSUE_CACHE", raising=False)
    open_archive(tmp_path / "a", HARBOUR).close()
    monkeypatch.setattr(engine, "load_encoder", lambda *_, **__: pytest.fail("a model was loaded"))
    return lambda *words, **options: CliRunner().invoke(main, [*words, "--archive", str(tmp_path / "a")], **options)


def test_a_token_is_found_by_its_secret_alone(tokens):
    row, secret = tokens.create(" Reading room ", "read")
    other, _ = tokens.create("Desk", "write")
    assert secret.startswith("bki_")
    assert len(secret) == 4 + 43  # 256 bits
    assert tokens.find(secret).id == row.id
    assert (row.name, row.scope, other.scope) == ("Reading room", "read", "write")
    for wrong in ("", "bki_", secret[:-1], secret + " ", secret.upper(), row.id, row.digest, "bki_ü\ud800"):
        assert tokens.find(wrong) is None


def test_no_secret_is_at_rest(tokens, store):
    _, secret = tokens.create("Reading room", "read")
    files = list(store.folder.iterdir())
    assert files
    assert not any(secret[4:].encode() in file.read_bytes() for file in files)


def test_a_revoked_token_opens_nothing_at_once_and_in_every_process(tokens, store):
    row, secret = tokens.create("Reading room", "read")
    elsewhere = Store(store.folder)
    first = Tokens(elsewhere).revoke(row.id).revoked_at
    assert tokens.find(secret) is None
    assert tokens.active() == []
    assert tokens.revoke(row.id).revoked_at == first
    assert [row.name for row in tokens.all()] == ["Reading room"]
    elsewhere.close()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines", "\x1b[31m"])
def test_a_name_must_be_readable(tokens, name):
    with pytest.raises(InputError, match="1 to 100 printable") as caught:
        tokens.create(name, "read")
    assert caught.value.field == "name"


def test_an_unknown_id_is_named(tokens):
    with pytest.raises(NotFoundError, match=r"no token 'nope'.*token list"):
        tokens.revoke("nope")


# --- the command line


def test_commands_work_while_another_process_has_the_archive(run, tmp_path):
    with open_archive(tmp_path / "a") as archive:
        made = run("token", "create", "Reading room", "--scope", "write")
        assert made.exit_code == 0, made.output
        secret = made.stdout.strip()
        store = Store(archive.folder / "service")
        row = Tokens(store).find(secret)
        assert row.scope == "write"
        assert row.id in made.stderr
        assert secret not in made.stderr
        listed = run("token", "list").stdout
        assert [listed.split()[0], *listed.split()[1:4:2]] == [row.id, "write", "active"]
        assert "Reading room" in listed
        assert secret not in listed
        assert run("token", "revoke", row.id).exit_code == 0
        assert Tokens(store).find(secret) is None
        assert "revoked" in run("token", "list").stdout
        store.close()


def test_tokens_are_for_reading_unless_asked_for(run):
    assert run("token", "create", "Desk").exit_code == 0
    assert "  read " in run("token", "list").stdout


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("create", ""), 2, "printable"),
        (("create", "Desk", "--scope", "admin"), 2, "'read', 'write'"),
        (("revoke", "nope"), 1, "no token 'nope'"),
    ],
)
def test_what_cannot_be_is_refused(run, words, status, says):
    result = run("token", *words)
    assert result.exit_code == status
    assert says in result.stderr


def test_no_archive_no_token_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.delenv("BACKISSUE_CACHE", raising=False)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["token", "create", "Desk", "--archive", "typo"])
    assert result.exit_code == 1
    assert "There is no archive in typo" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_serving_others_without_a_token_is_told(run, monkeypatch, host, told):
    monkeypatch.setattr(engine, "load_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.setattr(engine, "load_reader", lambda _, encoder, *__: SentenceReader(encoder))
    monkeypatch.setattr(cli, "run_server", lambda app, host, port, threads, announce, **_: announce(URL))
    assert ("backissue token create" in run("serve", "--host", host).stderr) is told
    assert run("token", "create", "Desk").exit_code == 0
    assert "backissue token create" not in run("serve", "--host", host).stderr


# --- asking through a server that demands a token


@pytest.mark.usefixtures("server")
def test_a_server_is_asked_with_the_token(tokens):
    _, secret = tokens.create("Desk", "read")
    assert remote.info(LOCKED, secret)["id"] == "fake"
    assert remote.ask(LOCKED, Ask(question="Who runs the ferry pier?"), secret).answer.text == "the town of Ellery"


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("token", "says"), [(None, "a token"), ("bki_wrong", "another token")])
def test_a_missing_or_wrong_token_names_the_setting(tokens, token, says):
    tokens.create("Desk", "read")
    with pytest.raises(SettingsError, match=rf"demands {says}\. Set BACKISSUE_TOKEN") as caught:
        remote.info(LOCKED, token)
    assert caught.value.field == "token"


@pytest.mark.usefixtures("server")
def test_a_server_without_tokens_names_the_remedy():
    with pytest.raises(InputError, match="backissue token create"):
        remote.info(LOCKED)


@pytest.mark.usefixtures("server")
def test_a_busy_server_says_when_to_ask_again(tokens):
    _, secret = tokens.create("Desk", "read")
    for _ in range(3):
        remote.ask(LOCKED, Ask(question="Who?"), secret)
    with pytest.raises(ArchiveError, match=r"is busy: .* Ask again in \d+ seconds"):
        remote.ask(LOCKED, Ask(question="Who?"), secret)


@pytest.mark.usefixtures("server")
def test_the_token_comes_from_the_environment(run, tokens, tmp_path):
    _, secret = tokens.create("Desk", "read")
    with open_archive(tmp_path / "a") as archive:
        archive.announce(URL)
        for command in (("info", "--json"), ("ask", "Who runs the ferry pier?", "--json")):
            refused = run(*command)
            assert (refused.exit_code, "BACKISSUE_TOKEN" in refused.stderr) == (2, True)
            answered = run(*command, env={"BACKISSUE_TOKEN": secret})
            assert answered.exit_code == 0, answered.output
            assert "fake" in answered.stdout
