"""Who may call: tokens and scopes, host names, other sites' pages, the sign-in page."""

import re
from urllib.parse import urlsplit

import pytest
from fake_archive import FakeQA
from flask import request

from index.errors import SettingsError
from web.app import create_app
from web.guard import OPEN, is_loopback, may_write, require_write, writes
from web.problems import for_programs
from web.settings import Settings

ELSEWHERE = "0.0.0.0"
QUESTION = {"question": "Who runs the ferry pier?"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def read(tokens):
    return bearer(tokens.create("Reading room", "read")[1])


@pytest.fixture
def write(tokens):
    return bearer(tokens.create("Desk", "write")[1])


@pytest.fixture
def client_of(store):
    """client_of(**settings): of an application with these, which has some views that write."""

    def make(**settings):
        app = create_app(Settings(**settings), FakeQA(), store=store)

        @app.route("/api/v1/wipe", methods=["POST", "DELETE"])
        @writes
        def wipe():
            return {"wiped": True}

        @app.post("/api/v1/perhaps")
        def perhaps():
            if request.args.get("write"):
                require_write()
            return {"wiped": bool(request.args.get("write")), "may": may_write()}

        return app.test_client()

    return make


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def calls(app):
    """All that an application answers: (endpoint, method, path)."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods):
            yield rule.endpoint, method, re.sub(r"<[^>]+>", "harbour-1", rule.rule)


def check_refusal(response, path, status, *, says):
    assert response.status_code == status, path
    assert "ferry" not in response.text.lower()
    if path.startswith("/v1/"):
        assert says in response.get_json()["error"]["message"]
    elif for_programs(path):
        assert response.content_type == "application/problem+json"
        assert response.get_json()["status"] == status
        assert says in response.get_json()["detail"]
        assert response.get_json()["request_id"] == response.headers["X-Request-ID"]
    else:
        assert says in response.text


# --- open to the network


def test_without_tokens_all_is_closed_and_the_remedy_is_named(client_of):
    client = client_of(host=ELSEWHERE)
    for endpoint, method, path in calls(client.application):
        response = client.open(path, method=method)
        if endpoint in OPEN:
            assert response.status_code != 403, path
        elif method != "HEAD":
            check_refusal(response, path, 403, says="backissue token create")


@pytest.mark.parametrize(
    "given", [{}, bearer("bki_wrong"), {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}]
)
def test_with_tokens_nothing_answers_without_one(client_of, read, given):
    client = client_of(host=ELSEWHERE)
    for endpoint, method, path in calls(client.application):
        response = client.open(path, method=method, headers=given)
        if endpoint in OPEN:
            assert "WWW-Authenticate" not in response.headers or endpoint == "session.begin", path
        elif method != "HEAD":
            check_refusal(response, path, 401, says="backissue token create")
            assert response.headers["WWW-Authenticate"].startswith("Bearer"), path
    assert client.get("/api/v1/archive", headers=read).status_code == 200


def test_what_does_not_exist_is_closed_too(client_of, read):
    client = client_of(host=ELSEWHERE)
    assert client.get("/api/v1/articles/nowhere/else").status_code == 401
    assert client.get("/api/v1/articles/nowhere/else", headers=read).status_code == 404
    assert client.get("/static/none.js").status_code == 404


def test_health_and_static_files_are_open(client_of):
    client = client_of(host=ELSEWHERE)
    assert client.get("/healthz").status_code == 200
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/session").status_code == 200


def test_a_read_token_reads_and_no_view_that_writes_answers_it(client_of, read):
    client = client_of(host=ELSEWHERE)
    views = client.application.view_functions
    asked = [
        (method, path)
        for endpoint, method, path in calls(client.application)
        if getattr(views[endpoint], "writes", False) and method not in ("OPTIONS", "HEAD")
    ]
    assert {("POST", "/api/v1/wipe"), ("DELETE", "/api/v1/wipe")} <= set(asked)
    for method, path in asked:
        check_refusal(client.open(path, method=method, headers=read), path, 403, says="--scope write")
    check_refusal(
        client.post("/api/v1/perhaps?write=1", headers=read), "/api/", 403, says="'Reading room' is for reading"
    )
    assert client.post("/api/v1/perhaps", headers=read).get_json() == {"wiped": False, "may": False}
    assert client.post("/api/v1/ask", json=QUESTION, headers=read).status_code == 200
    assert client.get("/", headers=read).status_code == 200


def test_a_write_token_reads_and_writes(client_of, write):
    client = client_of(host=ELSEWHERE)
    assert client.post("/api/v1/wipe", headers=write).get_json() == {"wiped": True}
    assert client.post("/api/v1/perhaps?write=1", headers=write).get_json() == {"wiped": True, "may": True}
    assert client.get("/readyz", headers=write).status_code == 200


def test_a_revoked_token_opens_nothing(client_of, tokens, read):
    tokens.create("Another", "read")
    client = client_of(host=ELSEWHERE)
    assert client.get("/readyz", headers=read).status_code == 200
    tokens.revoke(next(row.id for row in tokens.active() if row.name == "Reading room"))
    response = client.get("/readyz", headers=read)
    assert response.status_code == 401
    assert "error=invalid_token" in response.headers["WWW-Authenticate"]


def test_a_damaged_store_is_said_in_words(client_of, store, read):
    client = client_of(host=ELSEWHERE)
    store.engine.dispose()
    for file in store.folder.glob("service.sqlite*"):
        file.write_bytes(b"no database " * 1000)
    for path in ("/", "/api/v1/archive"):
        check_refusal(client.get(path, headers=read), path, 503, says="cannot be read")
    assert client.get("/healthz").status_code == 200


# --- loopback


def test_on_loopback_reading_is_open_whatever_token_is_given(client_of, read):
    client = client_of()
    for given in ({}, read, bearer("none")):
        assert client.post("/api/v1/ask", json=QUESTION, headers=given).status_code == 200
        assert client.get("/?q=Who", headers=given).status_code == 200


def test_on_loopback_writing_is_open_to_this_machine_unless_switched_off(client_of, read, write):
    assert client_of().post("/api/v1/wipe").status_code == 200
    assert client_of().post("/api/v1/wipe", headers={"Origin": "http://localhost"}).status_code == 200
    closed = client_of(allow_add=False)
    check_refusal(closed.post("/api/v1/wipe"), "/api/", 401, says="--scope write")
    check_refusal(closed.post("/api/v1/wipe", headers=read), "/api/", 403, says="--scope write")
    check_refusal(closed.post("/api/v1/perhaps?write=1"), "/api/", 401, says="--scope write")
    assert closed.post("/api/v1/wipe", headers=write).status_code == 200
    assert closed.post("/api/v1/ask", json=QUESTION).status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("a.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_what_loopback_is(host, loopback):
    assert is_loopback(host) is loopback


# --- host names


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1", "[::1]:8000", "[::1]", "LocalHost", "app.localhost"])
def test_loopback_answers_under_its_own_names(client_of, host):
    assert client_of().get("/readyz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.168.1.4", "a b", "", "@"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1/archive", "/static/style.css", "/session"])
def test_no_other_name_reaches_loopback(client_of, host, path):
    response = client_of().get(path, headers={"Host": host})
    check_refusal(response, path, 421, says="allowed_hosts")


def test_an_allowed_name_is_answered_but_is_no_longer_this_machine(client_of, read, write):
    client = client_of(allowed_hosts="news.example, Other.example")
    for host in ("news.example", "NEWS.example:8080", "other.example"):
        here = {"Host": host}
        assert client.get("/readyz", headers=here).status_code == 401
        assert client.get("/readyz", headers=here | read).status_code == 200
        assert client.post("/api/v1/wipe", headers=here).status_code == 401
        assert client.post("/api/v1/wipe", headers=here | write).status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/readyz", headers={"Host": "evil.example"}).status_code == 421


def test_bound_elsewhere_names_are_checked_once_there_is_a_list(client_of, read):
    news, evil = ({"Host": "news.example"} | read, {"Host": "evil.example"} | read)
    assert client_of(host=ELSEWHERE).get("/readyz", headers=evil).status_code == 200
    listed = client_of(host=ELSEWHERE, allowed_hosts="news.example")
    assert [listed.get("/readyz", headers=given).status_code for given in (news, evil)] == [200, 421]
    assert listed.get("/readyz", headers={"Host": "0.0.0.0:8000"} | read).status_code == 200
    assert listed.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 200


# --- pages of other sites

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://reader.example.evil.example"},
]
OWN = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost"},  # a proxy speaks TLS
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/wipe", "/session", "/session/end"])
def test_requests_of_other_sites_pages_are_refused(client_of, path, headers, write):
    client = client_of(cors_origins="https://reader.example")
    check_refusal(client.post(path, json=QUESTION, headers=headers), path, 403, says="another site")
    check_refusal(client.post(path, json=QUESTION, headers=headers | write), path, 403, says="another site")
    assert client.get("/api/v1/archive", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_requests_of_own_pages_and_programs_are_not(client_of, headers):
    assert client_of().post("/api/v1/ask", json=QUESTION, headers=headers).status_code == 200
    assert client_of().post("/api/v1/wipe", headers=headers).status_code == 200


def test_cors_is_off(client_of):
    client = client_of()
    asked = {"Origin": "https://reader.example", "Access-Control-Request-Method": "POST"}
    for response in (client.options("/api/v1/ask", headers=asked), client.get("/readyz", headers=asked)):
        assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]


def test_cors_for_the_origins_named(client_of, write):
    reader = {"Origin": "https://reader.example", "Sec-Fetch-Site": "cross-site"}
    client = client_of(cors_origins="https://reader.example, http://other.example:8080", allow_add=True)
    preflight = client.options("/api/v1/ask", headers=reader | {"Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    answers = [client.post("/api/v1/ask", json=QUESTION, headers=reader), client.get("/api/v1/nowhere", headers=reader)]
    assert [response.status_code for response in answers] == [200, 404]
    for response in (preflight, *answers):
        assert response.headers["Access-Control-Allow-Origin"] == "https://reader.example"
        assert "Origin" in response.vary
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert {"X-Request-ID", "Retry-After", "ETag"} == set(
            response.headers.get("Access-Control-Expose-Headers", "").split(", ")
        )
    # It may read what anyone may here; to write, it is not this machine's own page.
    assert client.post("/api/v1/wipe", headers=reader).status_code == 401
    assert client.post("/api/v1/wipe", headers=reader | write).status_code == 200
    # The pages are not for it, and other origins get nothing.
    assert client.post("/session", headers=reader).status_code == 403
    other = client.get("/readyz", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.vary


def test_a_preflight_needs_no_token_where_all_else_does(client_of, read):
    reader = {"Origin": "https://reader.example"}
    client = client_of(host=ELSEWHERE, cors_origins="https://reader.example")
    asked = reader | {"Access-Control-Request-Method": "POST"}
    assert client.options("/api/v1/ask", headers=asked).status_code == 204
    refused = client.post("/api/v1/ask", json=QUESTION, headers=reader)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, reader["Origin"])
    assert client.post("/api/v1/ask", json=QUESTION, headers=reader | read).status_code == 200


@pytest.mark.parametrize("origins", ["*", "reader.example", "https://reader.example/", "https://a.example https://b"])
def test_cors_origins_that_are_none_stop_the_start(origins):
    with pytest.raises(SettingsError, match="cors_origins must list origins") as caught:
        create_app(Settings(cors_origins=origins), FakeQA())
    assert caught.value.field == "cors_origins"


# --- signing in


@pytest.fixture
def closed(client_of):
    return client_of(host=ELSEWHERE)


def sign_in(client, secret, after="/", **headers):
    return client.post("/session", data={"token": secret, "next": after}, headers=headers)


def test_a_browser_signs_in_once_and_goes_on_where_it_wanted_to(closed, tokens):
    _, secret = tokens.create("Reading room", "read")
    asked = closed.get("/?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-10")
    assert asked.status_code == 401
    after = re.search(r'name="next" value="([^"]*)"', asked.text)[1].replace("&amp;", "&")
    response = sign_in(closed, f" {secret}\n", after)
    assert response.status_code == 303
    assert response.headers["Location"] == "/?q=Who+runs+the+ferry+pier%3F&as_of=2017-11-10"
    cookie = response.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    page = closed.get(response.headers["Location"])
    assert page.status_code == 200
    assert "Norvik Lines" in page.text
    assert secret not in page.text
    assert "Signed in" in page.text
    assert "Reading room" in closed.get("/session").text


def test_a_proxy_that_speaks_tls_makes_the_cookie_secure(closed, tokens):
    _, secret = tokens.create("Reading room", "read")
    assert "Secure" in sign_in(closed, secret, Origin="https://localhost").headers["Set-Cookie"]


def test_a_cookie_counts_by_its_scope_and_a_header_before_it(closed, tokens, write):
    _, secret = tokens.create("Reading room", "read")
    sign_in(closed, secret)
    assert closed.post("/api/v1/ask", json=QUESTION).status_code == 200
    assert closed.post("/api/v1/wipe").status_code == 403
    assert closed.post("/api/v1/wipe", headers=write).status_code == 200
    assert closed.get("/readyz", headers=bearer("bki_wrong")).status_code == 401


@pytest.mark.usefixtures("read")
def test_a_form_without_a_token_is_answered_by_the_sign_in_page_whatever_its_size(closed):
    for body in (b"q=Who", b"q=" + b"x" * 100_000):
        response = closed.post("/ask", data=body, content_type=FORM)
        assert response.status_code == 401
        assert 'name="next" value="/"' in response.text


@pytest.mark.parametrize("secret", ["", "bki_wrong", "<script>alert(1)</script>"])
def test_a_wrong_token_shows_the_form_again(closed, tokens, secret):
    tokens.create("Reading room", "read")
    response = sign_in(closed, secret, "/?q=x")
    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers
    assert "unknown or was revoked" in response.text
    assert 'name="next" value="/?q=x"' in response.text
    assert "<script>alert" not in response.text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "after",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(closed, tokens, after):
    _, secret = tokens.create("Reading room", "read")
    assert urlsplit(sign_in(closed, secret, after).headers["Location"])[:3] == ("", "", "/")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_signing_out_ends_it(closed, tokens, method):
    _, secret = tokens.create("Reading room", "read")
    sign_in(closed, secret)
    assert closed.get("/").status_code == 200
    response = closed.open("/session/end", method=method)
    assert (response.status_code, response.headers["Location"]) == (303, "/session")
    assert closed.get("/").status_code == 401


def test_the_cookie_of_a_revoked_token_opens_nothing(closed, tokens):
    row, secret = tokens.create("Reading room", "read")
    tokens.create("Another", "read")
    sign_in(closed, secret)
    tokens.revoke(row.id)
    refused = closed.get("/")
    assert refused.status_code == 401
    assert "Signed in" not in refused.text
    assert 'name="token"' in closed.get("/session").text


@pytest.mark.usefixtures("read")
def test_an_answer_fetched_by_the_page_says_where_to_sign_in(closed):
    response = closed.post("/ask", data={"q": "Who?"}, headers={"Accept": "text/event-stream"})
    assert response.status_code == 401
    assert "<html" not in response.text
    assert 'href="/session"' in response.text
