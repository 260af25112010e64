"""Files -> Articles, one module a format.

`read_path` yields a `Located` article or a `Reject` for everything it finds: nothing is dropped silently.
"""

from index.formats.base import Defaults, Located, Reject
from index.formats.dates import parse_published
from index.formats.jsonl import read_one
from index.formats.normalise import normalise_text
from index.formats.paths import read_path

__all__ = ["Defaults", "Located", "Reject", "normalise_text", "parse_published", "read_one", "read_path"]
