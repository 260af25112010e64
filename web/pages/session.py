"""Signing in: a browser keeps a token in a cookie, so that the pages work on a server that demands one."""

from __future__ import annotations

import re

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from web.guard import COOKIE
from web.services import Services
from web.tokens import Tokens

KEPT_SECONDS = 30 * 24 * 3600
# A path of this server, never another one's address: //host, /\host.
OWN_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


def blueprint(services: Services) -> Blueprint:
    """The routes /session (GET: the sign-in page, POST: sign in) and /session/end."""
    pages = Blueprint("session", __name__)
    tokens = Tokens(services.store)
    pages.add_app_template_global(_after, "after_sign_in")
    pages.add_app_template_global(_signed_in, "signed_in")

    @pages.get("/session")
    def show() -> str:
        token = tokens.find(request.cookies.get(COOKIE, ""))
        return render_template("session.html", token=token, problem=None)

    @pages.post("/session")
    def begin() -> BaseResponse:
        secret = request.form.get("token", "").strip()
        if tokens.find(secret) is None:
            raise Unauthorized(
                "This token is unknown or was revoked. Ask whoever runs this server for one.",
                www_authenticate=WWWAuthenticate("bearer"),
            )
        response = redirect(_after(), 303)
        # A proxy may speak TLS for this server; the browser then says so.
        secure = request.is_secure or request.headers.get("Origin", "").startswith("https:")
        response.set_cookie(COOKIE, secret, KEPT_SECONDS, httponly=True, samesite="Strict", secure=secure)
        return response

    @pages.route("/session/end", methods=["POST", "DELETE"])
    def end() -> BaseResponse:
        response = redirect(url_for("session.show"), 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="Strict")
        return response

    return pages


def _signed_in() -> bool:
    """Whether the guard let this request pass by the cookie's token."""
    return COOKIE in request.cookies and g.get("token") is not None


def _after() -> str:
    """Where to go once signed in: the page that was asked for."""
    if request.blueprint == "session":
        wanted = request.values.get("next", "")
    else:
        wanted = request.full_path.removesuffix("?") if request.method == "GET" else ""
    return wanted if OWN_PATH.fullmatch(wanted) else "/"
