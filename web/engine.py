"""Settings -> a running engine: the archive opened, its encoder and reader loaded."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from index.archive import Archive
from index.chunk import Chunking
from index.embed import Encoder, Precision, load_encoder
from index.errors import SettingsError
from qa.pipeline import QA
from qa.readers import load_reader
from web.settings import Settings


def open_archive(settings: Settings, *, create: bool = False, sample: bool = False) -> Archive:
    """The archive that the settings name. Settings left out are the archive's own.

    Raises ArchiveError, SettingsError.
    """

    def load(model: str, precision: Precision) -> Encoder:
        return load_encoder(model, precision, threads=settings.threads, cache=settings.cache)

    return Archive.open(
        Path(settings.archive),
        load,
        create=create,
        model=settings.model,
        precision=_precision(settings),
        chunking=_chunking(settings),
        sample=sample,
    )


def open_qa(archive: Archive, settings: Settings) -> QA:
    """The engine over an open archive. Loads the models. Raises ModelError, ArchiveMismatchError."""
    return QA(archive, load_reader(settings.reader, archive.encoder, settings.threads))


def _precision(settings: Settings) -> Precision | None:
    if settings.precision is not None and settings.precision not in get_args(Precision):
        known = " or ".join(get_args(Precision))
        raise SettingsError(f"precision must be {known}, not {settings.precision!r}.", field="precision")
    return cast("Precision | None", settings.precision)


def _chunking(settings: Settings) -> Chunking | None:
    """None when neither part is set, so that an archive is opened as it was made."""
    tokens, overlap = settings.chunk_tokens, settings.overlap_sentences
    if tokens is None and overlap is None:
        return None
    default = Chunking()
    return Chunking(
        tokens=default.tokens if tokens is None else tokens,
        overlap_sentences=default.overlap_sentences if overlap is None else overlap,
    )
