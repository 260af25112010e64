"""Who may call the server: host names, other sites' pages, tokens.

Bound to loopback, what is asked under a loopback name needs no token to read, nor to write while the setting
`allow_add` is on. All else needs a token: bound elsewhere, and under a name of `allowed_hosts`, for then a proxy
stands in front.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, HTTPException, MisdirectedRequest, Unauthorized

from index.errors import SettingsError
from web.problems import for_programs
from web.services import Services
from web.store import TokenRow
from web.tokens import Scope, Tokens

COOKIE = "backissue_token"
# What answers without a token on any server: nothing here tells what the archive holds.
OPEN = frozenset({"static", "health.healthz", "session.show", "session.begin", "session.end"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ORIGIN = re.compile(r"https?://[^/\s]+")
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, X-Request-ID, "
    # What OpenAI's JavaScript client sends along.
    "X-Stainless-Arch, X-Stainless-Lang, X-Stainless-OS, X-Stainless-Package-Version, X-Stainless-Retry-Count, "
    "X-Stainless-Runtime, X-Stainless-Runtime-Version, X-Stainless-Timeout",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "X-Request-ID, Retry-After, ETag"
EXTENSION = "backissue.guard"

View = TypeVar("View", bound=Callable[..., Any])


def writes(view: View) -> View:
    """Marks a view that changes what the archive holds. It goes below the route: `@api.delete("/x")`, `@writes`."""
    view.__dict__["writes"] = True
    return view


def require_write() -> None:
    """For a view that knows only from its body whether it writes. Raises Unauthorized, Forbidden."""
    _guard().require("write")


def may_write() -> bool:
    """Whether this request may change what the archive holds: for links and forms that are shown only then."""
    return _guard().permits("write")


def caller() -> str:
    """Whom a limit counts: the token's id, else the client's address."""
    row: TokenRow | None = g.get("token")
    return f"token {row.id}" if row else f"address {request.remote_addr}"


def is_loopback(host: str) -> bool:
    """Whether this host name or address can be reached from the same machine only."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """The rules of one application. Raises SettingsError for `cors_origins` that are none."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self.tokens = Tokens(services.store)
        self._allow_add = settings.allow_add
        self._loopback = is_loopback(settings.host)
        self._hosts = {name.lower() for name in _listed(settings.allowed_hosts)}
        self._bound = settings.host.strip("[]").lower()
        self._origins = frozenset(_listed(settings.cors_origins))
        for origin in self._origins:
            if not ORIGIN.fullmatch(origin):
                raise SettingsError(
                    f"cors_origins must list origins like https://reader.example, not {origin!r}.", field="cors_origins"
                )

    def register(self, app: Flask) -> None:
        """Nothing of `app` answers but by these rules."""
        app.extensions[EXTENSION] = self
        app.before_request(self._check)
        app.after_request(self._share)

    def require(self, scope: Scope) -> None:
        """Raises Unauthorized or Forbidden when this request may not do what the scope allows."""
        if not self.permits(scope):
            raise self._refusal()

    def permits(self, scope: Scope) -> bool:
        """Whether this request may do what the scope allows."""
        if self._free(scope):
            return True
        token = self._token()
        return token is not None and (scope == "read" or token.scope == "write")

    def _check(self) -> Response | None:
        if request.endpoint != "health.healthz":  # whose callers know the machine by its address
            self._check_host()
        if self._is_preflight():
            return Response(status=204, headers=PREFLIGHT)
        if request.method not in SAFE_METHODS and _is_foreign() and not self._is_shared():
            raise Forbidden(
                "A page of another site sent this request, so it was refused. If that site may use this server, "
                "name its origin in the setting cors_origins."
            )
        if request.endpoint not in OPEN:
            view = current_app.view_functions.get(request.endpoint or "")
            self.require("write" if getattr(view, "writes", False) else "read")
        return None

    def _check_host(self) -> None:
        """A page elsewhere can point its own host name at this machine, and would then be of one origin with it."""
        name = _host_name()
        if is_loopback(name) or name == self._bound or name in self._hosts:
            return
        if self._loopback or self._hosts:
            raise MisdirectedRequest(
                f"This server does not answer under the name {name[:100]!r}. If it should, add it to the setting "
                "allowed_hosts."
            )

    def _free(self, scope: Scope) -> bool:
        """Whether no token is needed."""
        here = self._loopback and is_loopback(_host_name())
        own = request.method in SAFE_METHODS or not _is_foreign()
        return here and (scope == "read" or (self._allow_add and own))

    def _token(self) -> TokenRow | None:
        """The token that the request carries, if it is one; looked up once."""
        if "token" not in g:
            g.token = None  # stays so when the look-up fails: the page that says so asks again
            secret = given_secret()
            g.token = self.tokens.find(secret) if secret else None
        row: TokenRow | None = g.token
        return row

    def _refusal(self) -> HTTPException:
        if token := self._token():
            return Forbidden(
                f"The token {token.name!r} is for reading. Changing the archive needs one made with "
                "`backissue token create NAME --scope write`."
            )
        if not self._loopback and not self.tokens.active():
            return Forbidden(
                "This server is open to the network and has no token yet, so it answers nothing. Whoever runs it "
                "makes one with `backissue token create NAME`."
            )
        given = given_secret()
        what = "The token is unknown or was revoked." if given else "This needs a token."
        challenge = WWWAuthenticate("bearer", {"error": "invalid_token"} if given else {})
        return Unauthorized(
            f"{what} Send the header Authorization: Bearer TOKEN. Whoever runs this server makes tokens with "
            "`backissue token create NAME`, for changing the archive with --scope write.",
            www_authenticate=challenge,
        )

    def _is_shared(self) -> bool:
        """Whether the page that asks is one that may, by `cors_origins`."""
        return for_programs(request.path) and request.headers.get("Origin") in self._origins

    def _is_preflight(self) -> bool:
        return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers and self._is_shared()

    def _share(self, response: Response) -> Response:
        if self._origins and for_programs(request.path):
            response.vary.add("Origin")
            if self._is_shared():
                response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
                response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response


def given_secret() -> str | None:
    """The token that the request carries: a program's in a header, a person's in a cookie."""
    if request.authorization and request.authorization.type == "bearer":
        return request.authorization.token
    return request.cookies.get(COOKIE)


def _guard() -> Guard:
    guard: Guard = current_app.extensions[EXTENSION]
    return guard


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _host_name() -> str:
    """The name in the Host header without its port; empty when it is none."""
    return re.sub(r":[0-9]+$", "", request.host).strip("[]").lower()


def _is_foreign() -> bool:
    """Whether a browser sent this for a page of another origin. Programs send neither header."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2].lower() != request.host.lower()
