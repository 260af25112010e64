"""The archive page: what it holds, by month and source, what came in last, what could not; and a list of articles."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import Field
from werkzeug.wrappers import Response

from web.listing import Narrowed, parse_listing
from web.services import Services

PAGE = 50
NEWEST_REJECTS = 20
# Sources that are shown at once; the rest unfold.
SOURCES = 15


class PageOfList(Narrowed):
    """Which articles are wanted, and which page of them."""

    page: int = Field(default=1, ge=1, le=10**7)


def blueprint(services: Services) -> Blueprint:
    """The route /archive."""
    pages = Blueprint("archive", __name__)

    @pages.get("/archive")
    def show() -> str | Response:
        parameters = list(request.args.items(multi=True))
        if len(filled := [(name, value) for name, value in parameters if value]) < len(parameters):
            return redirect(url_for("archive.show") + (f"?{urlencode(filled)}" if filled else ""))
        archive = services.qa.archive
        wanted = parse_listing(PageOfList, request.args, archive.source_names())
        total, articles = archive.browse.articles(wanted.listing, (wanted.page - 1) * PAGE, PAGE)
        given = wanted.model_dump(mode="json", exclude_defaults=True, exclude={"page"})

        def address(**change: Any) -> str:
            """The list as it is narrowed, with a change; None takes a parameter away."""
            kept = {name: value for name, value in (given | change).items() if value is not None}
            return url_for("archive.show", **kept, _anchor="articles")

        return render_template(
            "archive.html",
            archive=services.qa.info(),
            overview=archive.browse.overview(),
            rejects=archive.browse.rejects(NEWEST_REJECTS),
            shown_sources=SOURCES,
            wanted=wanted,
            given=given,
            articles=articles,
            total=total,
            last_page=max(1, -(-total // PAGE)),
            address=address,
            narrowed_to=lambda first, last: _narrowed_to(given, first, last),
        )

    return pages


def _narrowed_to(given: dict[str, Any], first: date | None, last: date | None) -> str:
    """The list narrowed to these days, or to the undated; other filters stay."""
    days = {"after": first.isoformat(), "before": last.isoformat()} if first and last else {"undated": 1}
    kept = {name: value for name, value in given.items() if name not in ("after", "before", "undated")}
    return url_for("archive.show", **kept, **days, _anchor="articles")
