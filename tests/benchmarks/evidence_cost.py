"""What duplicates, names, aliases and corrections cost on ingest, as a share of the whole, in one run.

    python tests/benchmarks/evidence_cost.py articles.jsonl.gz --take 300

Dates in quotations are resolved when a question is asked and cost nothing on ingest.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from index import duplicates, evidence
from index.archive import Archive
from index.embed import load_encoder
from index.formats import Defaults, read_path
from index.ingest import add


def main() -> None:
    """Adds articles to a new archive with the watched functions timed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--take", type=int, default=300)
    arguments = parser.parse_args()
    spent: Counter[str] = Counter()

    def watch(module: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def timed(*args: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args)
            finally:
                spent[f"{module.__name__}.{name}"] += time.perf_counter() - start

        setattr(module, name, timed)

    for name in ("signature", "find_story", "remember"):
        watch(duplicates, name)
    watch(evidence, "remember")
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(Path(folder) / "a", load_encoder, create=True) as archive,
    ):
        archive.encoder.encode_queries(["loads the model"])
        start = time.perf_counter()
        report = add(archive, islice(read_path(arguments.articles, Defaults()), arguments.take))
        total = time.perf_counter() - start
    for name, seconds in spent.most_common():
        print(f"{name:30} {seconds:8.2f} s  {seconds / total:6.1%}")
    print(f"{'all of these':30} {sum(spent.values()):8.2f} s  {sum(spent.values()) / total:6.1%}")
    print(f"{'whole ingest':30} {total:8.2f} s  of {report.added} articles")


if __name__ == "__main__":
    main()
