"""What is fetched, and above all what is not."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import threading
import time

import pytest
import trustme
from site_pages import serving

from index.formats import fetch
from index.formats.base import RejectedError
from index.formats.fetch import Fetcher, Limits
from index.formats.public import is_public


@pytest.fixture
def site():
    with serving() as site:
        yield site


@pytest.fixture
def fetcher():
    return Fetcher(private=True, pause=0)


def got(context):
    with context as found, found.source("here", "file").opener() as file:
        return found, file.read()


def refused(context):
    with pytest.raises(RejectedError) as refusal, context:
        pass
    assert refusal.value.detail
    return refusal.value.reason, refusal.value.detail


def test_what_was_sent_and_what_it_is_said_to_be(site, fetcher):
    site.pages["/a"] = (200, {"Content-Type": "Text/HTML; charset=ISO-8859-1"}, b"caf\xe9")
    found, data = got(fetcher.named(f"{site.url}/a"))
    assert (found.url, found.media_type, found.charset, data) == (
        f"{site.url}/a",
        "text/html",
        "iso-8859-1",
        b"caf\xe9",
    )
    assert not found.path.exists()


def test_packed_answers_are_unpacked(site, fetcher):
    site.pages["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"words"))
    assert got(fetcher.named(f"{site.url}/a"))[1] == b"words"


def test_redirects_are_followed_to_the_end_and_not_for_ever(site, fetcher):
    site.pages |= {"/a": (301, {"Location": "/b"}, ""), "/b": (302, {"Location": "c"}, ""), "/c": "the end"}
    found, data = got(fetcher.named(f"{site.url}/a"))
    assert (found.url, data) == (f"{site.url}/c", b"the end")
    site.pages["/d"] = (302, {"Location": "/d"}, "")
    assert "redirected" in refused(fetcher.named(f"{site.url}/d"))[1]
    assert site.asked.count("/d") <= fetch.MAX_REDIRECTS + 1


@pytest.mark.parametrize("status", [204, 206, 403, 404, 410, 429, 500, 503])
def test_other_answers_are_named(site, fetcher, status):
    site.pages["/a"] = (status, {}, "")
    reason, detail = refused(fetcher.named(f"{site.url}/a"))
    assert reason == "not fetched"
    assert str(status) in detail


def test_what_is_too_large_is_given_up(site, fetcher, monkeypatch):
    monkeypatch.setattr(fetch, "NAMED", Limits(1000, 60))
    site.pages |= {"/fits": "x" * 1000, "/large": "x" * 1001}
    assert len(got(fetcher.named(f"{site.url}/fits"))[1]) == 1000
    assert refused(fetcher.named(f"{site.url}/large"))[0] == "too large"


def test_a_bomb_stays_as_small_as_it_was_sent(site, fetcher):
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000)))
    with fetcher.named(f"{site.url}/bomb") as found:
        assert found.path.stat().st_size < 100_000
        with found.source("here", "file").opener() as file:
            assert file.read(10) == bytes(10)


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate", "zstd", "x" * 999])
def test_other_codings_were_not_asked_for(site, fetcher, coding):
    site.pages["/a"] = (200, {"Content-Encoding": coding}, b"x")
    assert "coding" in refused(fetcher.named(f"{site.url}/a"))[1]


def endless(begin, again, wait=0.0):
    """A server on a port that answers every request with `begin`, then `again` for ever."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.recv(65536)
                    peer.sendall(begin)
                    while True:
                        peer.sendall(again)
                        time.sleep(wait)
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"A"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0", b"n"),
    ],
    ids=["continue", "headers", "body", "gzip"],
)
def test_what_never_ends_is_left(fetcher, monkeypatch, begin, again):
    monkeypatch.setattr(fetch, "NAMED", Limits(1_000_000, 0.5))
    with endless(begin, again, 0.01) as server:
        reason, detail = refused(fetcher.named(f"http://127.0.0.1:{server.getsockname()[1]}/a"))
    assert reason == "not fetched"
    assert "seconds" in detail


def test_the_body_of_a_redirect_stays_unread(site, fetcher):
    site.pages["/end"] = "the end"
    begin = f"HTTP/1.1 302 Found\r\nLocation: {site.url}/end\r\n\r\n".encode()
    with endless(begin, b"x" * 65536) as server:
        fetcher._own[("127.0.0.1", int(site.url.rpartition(":")[2]))] = frozenset([ipaddress.ip_address("127.0.0.1")])
        assert got(fetcher.named(f"http://127.0.0.1:{server.getsockname()[1]}/a"))[1] == b"the end"


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/x", "file:///etc/passwd", "http://", "https:///x", "gopher://a", "http://[::1",
     "http://xn--zzzzzzzzzzzzzzzzzzz--/", "https://name:word@a.example/", "https://name@a.example/", "http://\0/"],
)  # fmt: skip
def test_what_is_no_address(fetcher, url):
    assert refused(fetcher.named(url))[0] == "not an address"


def test_a_host_that_does_not_exist(fetcher, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror(-2, "unknown")))
    assert "there is no host nowhere.example" in refused(fetcher.named("https://nowhere.example/"))[1]


# --- whom it talks to


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
     "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b:1::7f00:1", "::7f00:1", "::ffff:0:127.0.0.1", "fec0::1",
     "5f00::1", "3fff::1", "2001:db8::1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_addresses_that_are(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
def test_nobody_is_led_to_this_machine(site, host):
    port = site.url.rpartition(":")[2]
    for fetcher, context in ((Fetcher(private=True, pause=0), "linked"), (Fetcher(private=False, pause=0), "named")):
        reason, detail = refused(getattr(fetcher, context)(f"http://{host}:{port}/a"))
        assert reason == "not a public address"
        assert "private network" in detail
    assert site.asked == []


def test_a_redirect_leads_nobody_there_either(site, fetcher):
    with serving() as other:
        other.pages["/secret"] = "secret"
        for place in (f"{other.url}/secret", other.url.replace("127.0.0.1", "localhost"), "http://169.254.169.254/"):
            site.pages["/a"] = (302, {"Location": place}, "")
            assert refused(fetcher.named(f"{site.url}/a"))[0] == "not a public address"
        site.pages["/b"] = (302, {"Location": "file:///etc/passwd"}, "")
        refused(fetcher.named(f"{site.url}/b"))
        assert other.asked == []


def test_a_host_that_was_named_may_link_to_itself(site, fetcher):
    site.pages |= {"/feed": "x", "/a": "y"}
    got(fetcher.named(f"{site.url}/feed"))
    assert got(fetcher.linked(f"{site.url}/a"))[1] == b"y"
    port = int(site.url.rpartition(":")[2])
    assert refused(fetcher.linked(f"http://127.0.0.1:{port + 1}/a"))[0] == "not a public address"


def test_a_public_host_that_was_named_cannot_turn_private(fetcher, monkeypatch):
    """DNS rebinding: the name of a feed's host means this machine by the time its articles are fetched."""
    monkeypatch.setattr(fetch, "_resolved", lambda _: [ipaddress.ip_address("192.0.2.1")])
    monkeypatch.setattr(fetch, "is_public", lambda address: str(address) == "192.0.2.1")
    monkeypatch.setattr(fetch, "TIMEOUT", 0.05)
    assert refused(fetcher.named("http://news.example/feed"))[0] == "not fetched"
    monkeypatch.setattr(fetch, "_resolved", lambda _: [ipaddress.ip_address("127.0.0.1")])
    assert refused(fetcher.linked("http://news.example/a"))[0] == "not a public address"


def test_a_private_host_keeps_the_addresses_that_it_had_when_it_was_named(site, monkeypatch):
    port = site.url.rpartition(":")[2]
    fetcher = Fetcher(private=True, pause=0)
    site.pages["/a"] = "words"
    monkeypatch.setattr(fetch, "_resolved", lambda _: [ipaddress.ip_address("127.0.0.1")])
    got(fetcher.named(f"http://intranet.example:{port}/a"))
    monkeypatch.setattr(fetch, "_resolved", lambda _: [ipaddress.ip_address("10.0.0.1")])
    assert refused(fetcher.named(f"http://intranet.example:{port}/a"))[0] == "not a public address"


def test_a_name_in_another_script_is_looked_up_as_it_is_asked_for(fetcher, monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: asked.append(host) or [])
    with pytest.raises((RejectedError, IndexError)), fetcher.named("http://straße.example/"):
        pass
    assert set(asked) == {"xn--strae-oqa.example"}


def test_one_private_address_among_public_ones_is_too_many(fetcher, monkeypatch):
    found = [(0, 0, 0, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert refused(fetcher.linked("https://a.example/"))[0] == "not a public address"


def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(site, monkeypatch):
    """A host whose name means another machine a moment later (DNS rebinding) gains nothing."""
    port = int(site.url.rpartition(":")[2])
    resolved = []

    def resolve(host, *_, **__):
        resolved.append(host)
        return [(0, 0, 0, "", ("127.0.0.1" if len(resolved) < 3 else "10.9.8.7", port))]

    fetcher = Fetcher(private=True, pause=0)
    site.pages["/a"] = "words"
    real = socket.getaddrinfo
    monkeypatch.setattr(
        fetch.socket, "getaddrinfo", lambda h, *a, **k: resolve(h) if h == "news.example" else real(h, *a, **k)
    )
    assert got(fetcher.named(f"http://news.example:{port}/a"))[1] == b"words"
    assert resolved == ["news.example"] * 2  # once to see whether it is private, once to go there
    assert refused(fetcher.linked(f"http://news.example:{port}/a"))[0] == "not a public address"
    assert site.hosts == [f"news.example:{port}"]


def test_a_dead_address_of_a_host_gives_way_to_the_next(site, fetcher, monkeypatch):
    port = int(site.url.rpartition(":")[2])
    site.pages["/a"] = "words"
    monkeypatch.setattr(
        fetch, "_resolved", lambda _: [ipaddress.ip_address("127.0.0.2"), ipaddress.ip_address("127.0.0.1")]
    )
    assert got(fetcher.named(f"http://news.example:{port}/a"))[1] == b"words"


@pytest.fixture
def authority(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setattr(fetch, "_resolved", lambda _: [ipaddress.ip_address("127.0.0.1")])
    return authority


def secured(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return serving(context)


def test_the_certificate_is_to_be_the_hosts(authority):
    with secured(authority, "news.example") as site:
        port = site.url.rpartition(":")[2]
        site.pages["/a"] = "words"
        fetcher = Fetcher(private=True, pause=0)
        assert got(fetcher.named(f"https://news.example:{port}/a"))[1] == b"words"
        reason, detail = refused(fetcher.named(f"https://other.example:{port}/a"))
        assert reason == "not fetched"
        assert "certificate" in detail.lower()
        assert site.asked == ["/a"]


# --- manners


def test_robots_are_asked_of_what_is_linked_and_not_of_what_a_person_named(site, fetcher):
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /private/\n", "/private/a": "words", "/b": "more"}
    got(fetcher.named(f"{site.url}/private/a"))
    assert "robots.txt" in refused(fetcher.linked(f"{site.url}/private/a"))[1]
    got(fetcher.linked(f"{site.url}/b"))
    assert site.asked == ["/private/a", "/robots.txt", "/b"]


def test_a_rule_for_this_program_counts(site, fetcher):
    site.pages |= {"/robots.txt": "User-agent: Backissue\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    assert "robots.txt" in refused(fetcher.linked(f"{site.url}/a"))[1]


@pytest.mark.parametrize(
    "robots",
    [
        (404, {}, ""),
        (200, {}, b"\xff\xfe\0<html>"),
        (302, {"Location": "/robots.txt"}, ""),
        (200, {}, "User-agent: *\nCrawl-delay: ²"),
        (200, {}, "User-agent: *\nDisallow: //[x"),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    ],
)
def test_robots_that_cannot_be_had_forbid_nothing(site, fetcher, robots):
    site.pages |= {"/robots.txt": robots, "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    got(fetcher.linked(f"{site.url}/a"))


def test_a_host_is_left_in_peace_between_two_requests(site, monkeypatch):
    slept, clock = [], [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(seconds))
    fetcher = Fetcher(private=True, pause=1.0)
    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 3\n", "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    clock[0] += 0.25
    got(fetcher.linked(f"{site.url}/a"))
    got(fetcher.linked(f"{site.url}/a"))
    assert slept == [0.0, 0.75, 3.0, 3.0]


def test_robots_of_a_server_in_trouble_may_forbid_everything(site, fetcher):
    site.pages |= {"/robots.txt": (503, {}, ""), "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    assert "robots.txt" in refused(fetcher.linked(f"{site.url}/a"))[1]


def test_of_large_robots_the_beginning_counts(site, fetcher):
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /private\n" + "# more\n" * 100_000, "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    got(fetcher.linked(f"{site.url}/a"))
    assert "robots.txt" in refused(fetcher.linked(f"{site.url}/private"))[1]


@pytest.mark.parametrize("delay", ["9" * 400, "9" * 5000, "1e3", "-5"])
def test_no_delay_is_too_long(site, monkeypatch, delay):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    fetcher = Fetcher(private=True, pause=0)
    site.pages |= {"/robots.txt": f"User-agent: *\nCrawl-delay: {delay}\n", "/a": "words"}
    got(fetcher.named(f"{site.url}/a"))
    got(fetcher.linked(f"{site.url}/a"))
    assert all(0 <= seconds <= fetch.MAX_PAUSE_SECONDS for seconds in slept)
