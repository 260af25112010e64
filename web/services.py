"""What a request can draw on, handed to every blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from web.chats import Chats
from web.examples import Examples
from web.feedback import Judgements
from web.jobs import Jobs
from web.settings import Settings
from web.store import Store

if TYPE_CHECKING:
    from qa.pipeline import QA


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the one engine, the store, and the questions that the start page offers."""

    settings: Settings
    qa: QA
    store: Store
    examples: Examples

    @property
    def chats(self) -> Chats:
        """The conversations of the store."""
        return Chats(self.store)

    @property
    def jobs(self) -> Jobs:
        """The jobs of the store."""
        return Jobs(self.store)

    @property
    def judgements(self) -> Judgements:
        """What people said of answers."""
        return Judgements(self.store)
