"""Reading test files and sorting what comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.article import Article
from index.formats import Defaults, Located, Reject, read_path


class Outcome:
    """What reading a path gave."""

    def __init__(self, path: Path, defaults: Defaults) -> None:
        items = list(read_path(path, defaults))
        self.located = [item for item in items if isinstance(item, Located)]
        self.articles = [item.article for item in self.located]
        self.rejects = [item for item in items if isinstance(item, Reject)]

    @property
    def article(self) -> Article:
        """The only article, where nothing was rejected."""
        assert not self.rejects
        (article,) = self.articles
        return article

    @property
    def reject(self) -> Reject:
        """The only reject, where there is no article."""
        assert not self.articles
        (reject,) = self.rejects
        assert reject.detail
        return reject


NOTHING = Defaults()
Read = Callable[..., Outcome]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """read(name, data, defaults): what reading a file with these bytes gives."""

    def read(name: str, data: bytes | str, defaults: Defaults = NOTHING) -> Outcome:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return Outcome(path, defaults)

    return read


@pytest.fixture
def read_folder() -> Read:
    """read_folder(path): what reading an existing path gives."""

    def read(path: Path, defaults: Defaults = NOTHING) -> Outcome:
        return Outcome(path, defaults)

    return read
