"""What an address says of the site that it belongs to."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from index.formats.base import Defaults

# What senders of links add to tell them apart.
TRACKERS = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|ref_src|cmpid|at_\w+)(?:=|$)", re.IGNORECASE
)


def host(url: str) -> str:
    """The host of an address, and its port where it names one: example.co.uk of https://www.example.co.uk/a.

    Empty for what is no address.
    """
    try:
        return urlsplit(url).netloc.lower().removeprefix("www.")
    except ValueError:
        return ""


def or_host(defaults: Defaults, url: str) -> Defaults:
    """The same defaults, with the host as the source where they have none."""
    return replace(defaults, source=defaults.source or host(url))


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one host or domain, as news.example.co.uk and example.co.uk do."""
    import courlan  # slow to load, as all that trafilatura brings

    if host(one) == host(other):
        return bool(host(one))
    domain = courlan.extract_domain(one)  # None where the ending is of no domain that is known
    return domain is not None and domain == courlan.extract_domain(other)


def without_trackers(url: str) -> str:
    """An address without what tells senders of links apart, utm_source and the like, and without its place in the
    page; all else of it as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = "&".join(part for part in parts.query.split("&") if not TRACKERS.match(part))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # some sites tell their pages apart by it
    return urlunsplit(parts._replace(query=kept, fragment=fragment))


def own_address(claimed: str | None, found: str) -> str:
    """The address that a page is known by: the one that it claims, if that is of the site where it was found."""
    return without_trackers(claimed if claimed and same_site(claimed, found) else found)
