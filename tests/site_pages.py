"""A web site on this machine, for what is fetched."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import starmap
from typing import Any

PARAGRAPHS = (
    "Iraqi forces entered the town of al-Qaim on Friday, state media said, ending three years of rule there by the "
    "group, whose fighters fled across the border to Syria.",
    "The army raised the flag over the Husaybah crossing. Officials said the operation took two days and met little "
    "resistance from the few who had stayed behind.",
    "Residents said that shops had been closed for weeks, and that the bridge would be mended before the winter.",
)


@dataclass
class Site:
    """Its pages by path, each a body or (status, headers, body), and the paths asked for, in order."""

    url: str
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


def page(title: str, *, head: str = "", paragraphs: tuple[str, ...] = PARAGRAPHS) -> str:
    """A page with an article, as news sites write them."""
    body = "".join(f"<p>{words}</p>" for words in paragraphs)
    start = f'<html lang="en"><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>'
    return f"{start}<article><h1>{title}</h1>{body}</article></body></html>"


def rss(*items: Mapping[str, str], title: str = "Harbour Gazette") -> tuple[int, dict[str, str], str]:
    """An RSS feed of items with these elements, as it is sent; `content` is the whole article in HTML."""
    written = "".join(f"<item>{''.join(starmap(_element, item.items()))}</item>" for item in items)
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    body = f'<?xml version="1.0"?><rss version="2.0" {space}><channel><title>{title}</title>{written}</channel></rss>'
    return 200, {"Content-Type": "application/rss+xml"}, body


def _element(name: str, text: str) -> str:
    if name == "content":
        return f"<content:encoded><![CDATA[{text}]]></content:encoded>"
    return f"<{name}>{text}</{name}>"


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that answers with what its `pages` say then, and 404 else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.hosts.append(self.headers["Host"])
            answer = site.pages.get(self.path, (404, {}, "nothing here"))
            status, headers, body = (
                answer if isinstance(answer, tuple) else (200, {"Content-Type": "text/html"}, answer)
            )
            data = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
