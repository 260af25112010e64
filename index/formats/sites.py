"""What an address says of the site that it belongs to."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from index.formats.base import Defaults


def host(url: str) -> str:
    """The host of an address, and its port where it names one: example.co.uk of https://www.example.co.uk/a."""
    return urlsplit(url).netloc.lower().removeprefix("www.")


def or_host(defaults: Defaults, url: str) -> Defaults:
    """The same defaults, with the host as the source where they have none."""
    return replace(defaults, source=defaults.source or host(url))


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one host or domain, as news.example.co.uk and example.co.uk do."""
    import courlan  # slow to load, as all that trafilatura brings

    if host(one) == host(other):
        return True
    domain = courlan.extract_domain(one)  # None where the ending is of no domain that is known
    return domain is not None and domain == courlan.extract_domain(other)


def without_trackers(url: str) -> str:
    """An address without what tells senders of links apart: utm_source and the like."""
    import courlan

    return courlan.clean_url(url) or url
