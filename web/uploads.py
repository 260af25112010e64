"""Bodies of requests -> the files of a job, without ever holding one in memory."""

from __future__ import annotations

from typing import IO

from flask import request

from index.errors import FilterError, InputError
from index.formats import is_address, parse_published
from web.asking import validated
from web.jobs import AddOptions, EvaluateOptions

MULTIPART = "multipart/form-data"


def allow(megabytes: int) -> None:
    """Lets this request's body be so large. To be called before anything of it is read."""
    request.max_content_length = megabytes << 20


def sent_files(*, needed: bool = True) -> list[tuple[str, IO[bytes]]]:
    """The files of a form, by name. Raises InputError when there is none, if one is needed."""
    sent = [(found.filename, found.stream) for _, found in request.files.items(multi=True)]
    chosen = [(name, stream) for name, stream in sent if name]  # a browser sends an empty one where none was chosen
    if needed and not chosen:
        raise InputError("There is no file in the request. Send at least one, in the field file.", field="file")
    return chosen


def add_options(source: str | None, published: str | None, address: str | None) -> AddOptions:
    """What is added besides files, and what articles take that do not say themselves.

    Raises FilterError for a date that is none, for an address that is none, and for what is too long.
    """
    if address and not is_address(address):
        message = f"{address[:64]!r} is not an address to fetch. Give one that begins with https:// or http://."
        raise FilterError(message, field="address")
    if published:
        try:
            parse_published(published, "published")
        except FilterError as error:
            raise FilterError(str(error), field="published") from error
    source = " ".join((source or "").split()) or None
    return validated(AddOptions, {"source": source, "published": published or None, "address": address or None})


def evaluate_options(group: str | None) -> EvaluateOptions:
    """How the answers are counted."""
    return EvaluateOptions(group=group or None)
