"""Bearer tokens: who may use a server that is open to others, and whether to read or to write."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from index.errors import InputError, NotFoundError
from web.store import Store, TokenRow, now

Scope = Literal["read", "write"]

# By it, whoever comes across a token (in a log, in a repository) knows what it is.
PREFIX = "bki_"
SECRET_BYTES = 32
MAX_NAME_CHARS = 100


class Tokens:
    """The tokens of a store. Another process may create and revoke them meanwhile: each call sees what is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, name: str, scope: Scope) -> tuple[TokenRow, str]:
        """A new token and its secret, which is kept nowhere else. Raises InputError for an unusable name."""
        name = name.strip()
        if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
            raise InputError(f"A token's name must have 1 to {MAX_NAME_CHARS} printable characters.", field="name")
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        row = TokenRow(
            id=secrets.token_hex(4), name=name, scope=scope, digest=_digest(secret), created_at=now(), revoked_at=None
        )
        with self._session() as session:
            session.add(row)
            session.commit()
        return row, secret

    def all(self) -> list[TokenRow]:
        """All tokens, the revoked among them, oldest first."""
        with self._session() as session:
            return list(session.scalars(select(TokenRow).order_by(TokenRow.created_at, TokenRow.id)))

    def active(self) -> list[TokenRow]:
        """Those that have not been revoked."""
        with self._session() as session:
            return list(session.scalars(select(TokenRow).where(TokenRow.revoked_at.is_(None))))

    def find(self, secret: str) -> TokenRow | None:
        """The active token that has this secret. How long it takes tells nothing of how near a guess came."""
        digest = _digest(secret)
        found = [row for row in self.active() if hmac.compare_digest(row.digest, digest)]
        return found[0] if found else None

    def revoke(self, token_id: str) -> TokenRow:
        """From now on the token opens nothing; revoking it again changes nothing. Raises NotFoundError."""
        with self._session() as session:
            row = session.get(TokenRow, token_id)
            if row is None:
                raise NotFoundError(f"There is no token {token_id!r}. `backissue token list` shows their ids.")
            row.revoked_at = row.revoked_at or now()
            session.commit()
            return row

    def _session(self) -> Session:
        return Session(self._store.engine, expire_on_commit=False)


def _digest(secret: str) -> str:
    # A plain digest will do: nobody can try 256 random bits one by one, as they could the words of a password.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
