"""Asking through the server that holds an archive, when the command line finds it locked."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import ValidationError

from index.errors import ArchiveError, ArchiveLockedError, InputError, SettingsError
from qa.answer import Ask, AskResponse

# A server under load answers late rather than never.
TIMEOUT_SECONDS = 60.0


def ask(locked: ArchiveLockedError, question: Ask, token: str | None = None) -> AskResponse:
    """The server's answer. Raises `locked` itself when a process that is no server holds the archive, SettingsError
    when the server demands another token."""
    body = question.model_dump(mode="json", exclude_none=True)
    answer = _request(locked, "POST", "api/v1/ask", token, body)
    try:
        return AskResponse.model_validate(answer)
    except ValidationError as error:
        raise ArchiveError(f"{locked} It answers as another version of Backissue does: {error}.") from error


def info(locked: ArchiveLockedError, token: str | None = None) -> dict[str, Any]:
    """The server's summary of its archive. Raises as `ask` does."""
    return _request(locked, "GET", "api/v1/archive", token)


def _request(locked: ArchiveLockedError, method: str, path: str, token: str | None, body: Any = None) -> dict[str, Any]:
    if not locked.url:
        raise locked
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options: dict[str, Any] = {"headers": headers, "timeout": TIMEOUT_SECONDS, "trust_env": False}
        response = httpx.request(method, locked.url + path, json=body, **options)
        answer: dict[str, Any] = dict(response.json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise ArchiveError(f"{locked} It did not answer: {error}.") from error
    if response.status_code >= 500:
        raise ArchiveError(f"The server at {locked.url} failed: {answer.get('detail')}")
    if response.status_code == 401:
        message = f"The server at {locked.url} demands {'another' if token else 'a'} token. Set BACKISSUE_TOKEN."
        raise SettingsError(message, field="token")
    if response.status_code == 429:
        raise ArchiveError(f"The server at {locked.url} is busy: {answer.get('detail')}")
    if response.status_code >= 400:
        raise InputError(str(answer.get("detail")), field=answer.get("field"))
    return answer
