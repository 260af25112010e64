"""Every setting, in one table: name, type, default, help. Read here, at the edge, and nowhere else.

A setting comes from the command line, else from the environment (`BACKISSUE_PORT=8080`), else from its
default. Unknown names and values of the wrong type stop start-up with a hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from index.errors import SettingsError
from web.hints import did_you_mean

PREFIX = "BACKISSUE_"
# What says yes and no.
WORDS = dict.fromkeys(("yes", "true", "on", "1"), True) | dict.fromkeys(("no", "false", "off", "0"), False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. The fields are the table: `SETTINGS` lists them."""

    archive: Path = field(default=Path("backissue-archive"), metadata={"help": "Folder of the archive."})
    host: str = field(
        default="127.0.0.1", metadata={"help": "Address to listen on. Anything but loopback is open to the network."}
    )
    port: int = field(
        default=8000, metadata={"help": "Port to listen on; 0 picks a free one.", "least": 0, "most": 65535}
    )
    # None: as the archive was made; for a new one, the defaults of `index`.
    model: str | None = field(
        default=None,
        metadata={"help": "Embedding model: minilm, static, or a sentence-transformers name or folder."},
    )
    precision: str | None = field(
        default=None, metadata={"help": "Arithmetic of the embedding model: int8 or float32."}
    )
    reader: str = field(
        default="backissue",
        metadata={
            "help": "What finds the answer: backissue (exact words), sentence, or a question-answering model's folder "
            "or hub name."
        },
    )
    chunk_tokens: int | None = field(
        default=None, metadata={"help": "Most tokens a passage may have.", "least": 16, "most": 4096}
    )
    overlap_sentences: int | None = field(
        default=None, metadata={"help": "Sentences that a passage repeats from the one before.", "least": 0, "most": 10}
    )
    threads: int = field(
        default=0, metadata={"help": "Processor threads to use; 0 means one a core.", "least": 0, "most": 1024}
    )
    passages: int = field(
        default=20,
        metadata={"help": "Passages read for a question that does not say how many.", "least": 1, "most": 50},
    )
    max_question_chars: int = field(
        default=2000, metadata={"help": "Longest question accepted, in characters.", "least": 1, "most": 2000}
    )
    allow_add: bool = field(
        default=True,
        metadata={"help": "Whether articles may be added and removed from this machine without a token: yes or no."},
    )
    allowed_hosts: str = field(
        default="",
        metadata={"help": "Host names, with commas, that the server answers under besides loopback's.", "blank": True},
    )
    cors_origins: str = field(
        default="",
        metadata={"help": "Origins, with commas, whose pages may use the API: https://reader.example.", "blank": True},
    )
    rate_limit: str = field(
        default="120 per minute",
        metadata={"help": "Most questions of one caller, like 120 per minute; empty means no limit.", "blank": True},
    )
    max_concurrent: int = field(
        default=0,
        metadata={"help": "Questions worked on at a time; 0 means one a thread.", "least": 0, "most": 1024},
    )
    max_upload_mb: int = field(
        default=200,
        metadata={"help": "Largest upload of a job, in MiB.", "least": 1, "most": 100_000},
    )
    token: str | None = field(
        default=None,
        repr=False,
        metadata={"help": "Token for ask and info, where a server that demands one holds the archive."},
    )
    cache: Path | None = field(
        default=None, metadata={"help": "Folder for prepared model files; by default the user's cache folder."}
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `least` and `most` bound whole numbers, both included; `blank`: may be empty."""

    name: str
    type: type
    default: Any
    help: str
    least: int | None = None
    most: int | None = None
    blank: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()

    def parse(self, value: Any, origin: str) -> Any:
        """`value` in the setting's type. `origin` names in errors where it came from. Raises SettingsError."""
        if self.type is int:
            return self._parse_int(value, origin)
        if self.type is bool:
            return self._parse_bool(value, origin)
        if self.blank and isinstance(value, str) and not value.strip():
            return ""
        if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
            raise SettingsError(f"{origin} must not be empty. {self.help}", field=self.name)
        return Path(value).expanduser() if self.type is Path else str(value)

    def _parse_int(self, value: Any, origin: str) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError):
            message = f"{origin} must be a whole number, not {value!r}. {self.help}"
            raise SettingsError(message, field=self.name) from None
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            raise SettingsError(
                f"{origin} must be between {self.least} and {self.most}, not {number}. {self.help}", field=self.name
            )
        return number

    def _parse_bool(self, value: Any, origin: str) -> bool:
        word = str(value).strip().lower()
        if word not in WORDS:
            raise SettingsError(f"{origin} must be yes or no, not {value!r}. {self.help}", field=self.name)
        return WORDS[word]


def _table() -> tuple[Setting, ...]:
    hints = get_type_hints(Settings)
    types = {name: _not_none(hint) for name, hint in hints.items()}
    return tuple(Setting(f.name, types[f.name], f.default, **f.metadata) for f in fields(Settings))


def _not_none(hint: Any) -> Any:
    """The type itself of an optional setting."""
    return next(part for part in get_args(hint) or (hint,) if part is not NoneType)


SETTINGS = _table()


def load_settings(environ: Mapping[str, str], overrides: Mapping[str, Any] | None = None) -> Settings:
    """Settings from `overrides` (None means not given), else `environ`, else the defaults.

    An empty environment variable counts as not set, unless the setting may be empty. Raises SettingsError for an
    unknown name or a value that the setting cannot have.
    """
    table = {setting.name: setting for setting in SETTINGS}
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            if name not in table or variable != table[name].variable:
                raise _unknown(variable, [setting.variable for setting in SETTINGS])
            if text or table[name].blank:
                values[name] = table[name].parse(text, variable)
    for name, value in (overrides or {}).items():
        if name not in table:
            raise _unknown(name, list(table))
        if value is not None:
            values[name] = table[name].parse(value, name)
    return Settings(**values)


def _unknown(name: str, known: list[str]) -> SettingsError:
    return SettingsError(f"There is no setting {name!r}.{did_you_mean(name, known)}", field=name)
