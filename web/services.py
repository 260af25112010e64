"""What a request can draw on, handed to every blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from web.settings import Settings
from web.store import Store

if TYPE_CHECKING:
    from qa.pipeline import QA


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the one engine, and the store. `examples` are questions that the start page offers."""

    settings: Settings
    qa: QA
    store: Store
    examples: tuple[str, ...] = ()
