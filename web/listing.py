"""Which articles a caller wants listed: the parameters of an address -> `Listing`. API and archive page share it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from werkzeug.datastructures import MultiDict

from index.article import Selection, day_number
from index.browse import Listing, Order
from index.errors import FilterError
from web.asking import DATES, parse_day, validated
from web.hints import did_you_mean

NUMBERS = ("undated", "offset", "limit", "page")


class Narrowed(BaseModel):
    """Which articles are wanted, the newest first."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(default=None, description="Only articles of this source, by name.")
    language: str | None = Field(default=None, description="Only articles in this language, as the articles say.")
    after: date | None = Field(default=None, description="Only articles published on this day or later.")
    before: date | None = Field(default=None, description="Only articles published on this day or earlier.")
    as_of: date | None = Field(default=None, description="Only what the archive held at the end of this day.")
    undated: Literal[1] | None = Field(default=None, description="1: only articles of unknown date.")
    order: Order = Field(default="published", description="Newest first by publication, or by when they were added.")

    @property
    def listing(self) -> Listing:
        """The same in the terms of the archive."""
        selection = Selection(
            as_of=day_number(self.as_of) if self.as_of else None,
            after=day_number(self.after) if self.after else None,
            before=day_number(self.before) if self.before else None,
            sources=(self.source,) if self.source else (),
            languages=(self.language,) if self.language else (),
        )
        return Listing(selection, undated=bool(self.undated), order=self.order)


Wanted = TypeVar("Wanted", bound=Narrowed)


def parse_listing(model: type[Wanted], args: MultiDict[str, str], known_sources: Collection[str]) -> Wanted:
    """The parameters of an address, blank ones counting as not given.

    Raises AskError for unknown parameters and values, FilterError for one given twice, a malformed date, dates that
    contradict one another, and an unknown source.
    """
    for name, given in args.lists():
        if len(given) > 1:
            raise FilterError(f"{name} is given more than once.", field=name)
    values: dict[str, str | date] = {name: value for name, value in args.items() if value}
    values |= {name: parse_day(values[name], name) for name in DATES if name in values}
    wanted = validated(model, values, numbers=NUMBERS)
    if wanted.after and wanted.before and wanted.after > wanted.before:
        raise FilterError(
            f"after ({wanted.after}) is later than before ({wanted.before}): nothing can match.", field="after"
        )
    if wanted.undated and (wanted.after or wanted.before):
        raise FilterError(
            "undated articles are neither after nor before a day. Leave one of them out.", field="undated"
        )
    if wanted.source and wanted.source not in known_sources:
        hint = did_you_mean(wanted.source, known_sources)
        raise FilterError(f"The archive has no source {wanted.source[:64]!r}.{hint}", field="source")
    return wanted
