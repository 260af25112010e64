"""Filtering by language, and archives from before both indexes held it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import tantivy
from fakes import make_article, open_archive  # noqa: F401
