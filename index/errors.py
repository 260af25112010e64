"""One family of errors. Every message names what is wrong and what to do about it.

BackissueError
├── InputError            what the caller gave cannot be used (HTTP 422, exit status 2)
│   ├── QuestionError     an empty or oversized question
│   ├── FilterError       an unknown or malformed filter, date or field
│   ├── SettingsError     an unknown setting, or a value it cannot have
│   └── SourceFileError   a file, folder or address that cannot be read as articles
├── NotFoundError         no such article or archive (HTTP 404)
├── ArchiveError          the archive cannot be used as it is (HTTP 503)
│   ├── ArchiveMismatchError   made with another model, chunking or schema
│   ├── ArchiveCorruptError    damaged or incomplete files
│   └── ArchiveLockedError     another process holds it
└── ModelError            weights missing, altered or unusable (HTTP 503)

`web` maps them to HTTP statuses and exit statuses in one place each.
"""

from __future__ import annotations


class BackissueError(Exception):
    """Base of every error that Backissue raises on purpose."""


class InputError(BackissueError):
    """What the caller gave cannot be used. `field` names the offending field, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class QuestionError(InputError):
    """The question is empty or too long."""


class FilterError(InputError):
    """A filter, date or field is unknown or malformed."""


class SettingsError(InputError):
    """A setting is unknown, or has a value that it cannot have. `field` names the setting."""


class SourceFileError(InputError):
    """A file, folder or address cannot be read as articles."""


class NotFoundError(BackissueError):
    """No such article or archive."""


class ArchiveError(BackissueError):
    """The archive cannot be used as it is."""


class ArchiveMismatchError(ArchiveError):
    """The archive was made with another model, chunking or schema."""


class ArchiveCorruptError(ArchiveError):
    """The archive's files are damaged or incomplete."""


class ArchiveLockedError(ArchiveError):
    """Another process holds the archive. `url` is its address when it is a server, else None."""

    def __init__(self, message: str, *, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url


class ModelError(BackissueError):
    """Model weights are missing, altered or unusable."""
