"""Asking through the server that holds an archive, when the command line finds it locked."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import ValidationError

from index.errors import ArchiveError, ArchiveLockedError, InputError
from qa.answer import Ask, AskResponse

# A server under load answers late rather than never.
TIMEOUT_SECONDS = 60.0


def ask(locked: ArchiveLockedError, question: Ask) -> AskResponse:
    """The server's answer. Raises `locked` itself when a process that is no server holds the archive."""
    body = question.model_dump(mode="json", exclude_none=True)
    answer = _request(locked, "POST", "api/v1/ask", body)
    try:
        return AskResponse.model_validate(answer)
    except ValidationError as error:
        raise ArchiveError(f"{locked} It answers as another version of Backissue does: {error}.") from error


def info(locked: ArchiveLockedError) -> dict[str, Any]:
    """The server's summary of its archive."""
    return _request(locked, "GET", "api/v1/archive", None)


def _request(locked: ArchiveLockedError, method: str, path: str, body: Any) -> dict[str, Any]:
    if not locked.url:
        raise locked
    try:
        response = httpx.request(method, locked.url + path, json=body, timeout=TIMEOUT_SECONDS, trust_env=False)
        answer: dict[str, Any] = dict(response.json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise ArchiveError(f"{locked} It did not answer: {error}.") from error
    if response.status_code >= 500:
        raise ArchiveError(f"The server at {locked.url} failed: {answer.get('detail')}")
    if response.status_code >= 400:
        raise InputError(str(answer.get("detail")), field=answer.get("field"))
    return answer
