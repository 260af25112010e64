"""Files -> Articles, one module a format.

`read_path` and `read_address` yield a `Located` article or a `Reject` for everything that they find: nothing is
dropped silently.
"""

from index.formats.address import is_address, read_address
from index.formats.base import Defaults, Located, Reject
from index.formats.dates import parse_published
from index.formats.fetch import Fetcher
from index.formats.jsonl import read_one
from index.formats.normalise import normalise_text
from index.formats.paths import read_path

__all__ = [
    "Defaults",
    "Fetcher",
    "Located",
    "Reject",
    "is_address",
    "normalise_text",
    "parse_published",
    "read_address",
    "read_one",
    "read_path",
]
