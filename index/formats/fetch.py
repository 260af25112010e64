"""An address -> its bytes in a file, guarded: which machines, how much, how long. Nothing else here fetches.

What a feed or a page leads to is hostile: it may name this machine's own services, or those of the network it is
in. So a name is resolved here, every address that it has must be a public one, and the connection goes to what was
looked at; a redirect is looked at like any other address. Only the host that a person named may be a private one.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.robotparser import RobotFileParser

import httpx

from index.formats.base import RejectedError, printable

AGENT = "Backissue"
HEADERS = {"User-Agent": f"{AGENT} (news archive; fetches what its reader asked for)", "Accept": "*/*"}
TIMEOUT = httpx.Timeout(30, connect=10)  # seconds; of silence, not of the whole
WHOLE_SECONDS = 600.0
MAX_BYTES = 2 * 1024**3  # unpacked
MAX_ROBOTS_BYTES = 512_000  # RFC 9309: at least 500 KiB are to be read
MAX_REDIRECTS = 5
# Between two requests to one host: what sites ask of crawlers lies between one and ten seconds.
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 10.0
UNSAID = "application/octet-stream"
REMEDY = "Check it in a browser, save the page, and add the file"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave: where it was found in the end, what it is said to be, and the file it lies in."""

    url: str
    media_type: str
    charset: str | None
    path: Path


class Fetcher:
    """Fetches addresses, no host more often than once a second.

    `private` allows a host that a person names to be on a private network or this machine itself.
    """

    def __init__(self, *, private: bool, pause: float = PAUSE_SECONDS) -> None:
        self._private = private
        self._pause = pause
        self._named: set[tuple[str, int]] = set()
        self._visited: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser] = {}

    @contextmanager
    def named(self, url: str) -> Iterator[Fetched]:
        """What a person's address gives. The file is there within the context. Raises RejectedError."""
        parsed = _parsed(url)
        if self._private:
            self._named.add(_host(parsed))
        with self._fetched(parsed, MAX_BYTES) as found:
            yield found

    @contextmanager
    def linked(self, url: str) -> Iterator[Fetched]:
        """What an address gives that stands in a feed: if it is public, or of a host named before, and if the host's
        robots.txt allows it. Raises RejectedError."""
        parsed = _parsed(url)
        if not self._robots_of(parsed).can_fetch(AGENT, url):
            raise RejectedError("not fetched", f"robots.txt of {parsed.host} asks not to fetch it. {REMEDY}")
        with self._fetched(parsed, MAX_BYTES) as found:
            yield found

    @contextmanager
    def _fetched(self, url: httpx.URL, most: int) -> Iterator[Fetched]:
        self._wait(url)
        with TemporaryDirectory(prefix="backissue-") as folder, self._client() as client:
            path = Path(folder) / "fetched"
            try:
                with client.stream("GET", url) as response, path.open("wb") as file:
                    if response.status_code != httpx.codes.OK:
                        raise RejectedError("not fetched", f"the server answered {_status(response)}. {REMEDY}")
                    _save(response, file, most)
            except httpx.TooManyRedirects as error:
                raise RejectedError("not fetched", f"redirected over {MAX_REDIRECTS} times. {REMEDY}") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = str(error) or type(error).__name__
                raise RejectedError("not fetched", f"{printable(reason[:200])}. {REMEDY}") from error
            said = Message()
            said["content-type"] = response.headers.get("content-type", UNSAID)
            yield Fetched(str(response.url), said.get_content_type(), said.get_content_charset(), path)

    def _client(self) -> httpx.Client:
        return httpx.Client(
            transport=_Guarded(self._named), headers=HEADERS, timeout=TIMEOUT, follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
        )  # fmt: skip

    def _wait(self, url: httpx.URL) -> None:
        """Until the host may be asked again."""
        robots = self._robots.get(_origin(url))
        asked = float(robots.crawl_delay(AGENT) or 0) if robots else 0.0
        pause = max(self._pause, min(asked, MAX_PAUSE_SECONDS))
        time.sleep(max(0.0, self._visited.get(url.host, -pause) + pause - time.monotonic()))
        self._visited[url.host] = time.monotonic()

    def _robots_of(self, url: httpx.URL) -> RobotFileParser:
        origin = _origin(url)
        if origin not in self._robots:
            robots = RobotFileParser()
            robots.parse([])
            try:
                with self._fetched(url.join("/robots.txt"), MAX_ROBOTS_BYTES) as found:
                    robots.parse(found.path.read_text("utf-8", "replace").splitlines())
            except RejectedError:  # none, or none that can be had: then the page itself will not be had either
                pass
            self._robots[origin] = robots
        return self._robots[origin]


class _Guarded(httpx.HTTPTransport):
    """Connects to public addresses and to the hosts in `named`, under the address that was looked at."""

    def __init__(self, named: set[tuple[str, int]]) -> None:
        # A connection kept for one name would serve another of the same address, whose certificate nobody looked at.
        super().__init__(limits=httpx.Limits(max_keepalive_connections=0))
        self._named = named

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises RejectedError for an address that is not to be fetched."""
        url = request.url
        _parsed(str(url))  # a redirect may lead anywhere
        addresses = _resolved(url)
        if _host(url) not in self._named and not all(map(is_public, addresses)):
            detail = f"{url.host} is on this machine or a private network. Fetch it yourself, and add the file"
            raise RejectedError("not a public address", detail)
        for address in addresses[:-1]:
            try:
                return super().handle_request(_to(request, address))
            except httpx.ConnectError:
                continue
        return super().handle_request(_to(request, addresses[-1]))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet would reach the same machine under it."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour or _translated(address)
        if within:
            return is_public(within)
        if address.teredo:
            return False
    return address.is_global and not address.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of the old kind that NAT64 puts into one of the new (RFC 6052)."""
    within = address in ipaddress.IPv6Network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if within else None


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise RejectedError("not an address", f"{error}. Give one that begins with https://") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise RejectedError("not an address", "only http:// and https:// addresses with a host are fetched")
    if parsed.userinfo:
        raise RejectedError("not an address", "it has a name or password in it. Save the page and add the file")
    return parsed


def _host(url: httpx.URL) -> tuple[str, int]:
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _resolved(url: httpx.URL) -> list[Address]:
    host, port = _host(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RejectedError("not fetched", f"there is no host {printable(host)}. Check the address") from error
    addresses = dict.fromkeys(str(place[0]).partition("%")[0] for *_, place in found)
    return [ipaddress.ip_address(address) for address in addresses]


def _to(request: httpx.Request, address: Address) -> httpx.Request:
    """The request to one address of its host; its certificate is still to be the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {printable(response.reason_phrase[:60])}".strip()


def _save(response: httpx.Response, file: BinaryIO, most: int) -> None:
    until, size = time.monotonic() + WHOLE_SECONDS, 0
    for part in response.iter_bytes():
        size += len(part)
        if size > most:
            raise RejectedError("too large", f"over {most:,} bytes. Fetch it yourself, and add the file")
        if time.monotonic() > until:
            raise RejectedError("not fetched", f"took over {WHOLE_SECONDS:.0f} seconds. Fetch it yourself")
        file.write(part)
