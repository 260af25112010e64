"""Haystack's extractive pipeline on our passages and questions: indexing rate, latency, answer recall.

Haystack gets an environment of its own; nothing is downloaded at run time and everything runs on the CPU:

    python -m venv haystack-env
    haystack-env/bin/pip install "torch<2.14"
    haystack-env/bin/pip install haystack-ai transformers-haystack sentence-transformers-haystack
    haystack-env/bin/python tests/benchmarks/haystack_pipeline.py \
        --passages passages.jsonl --questions questions.jsonl --model MODEL_FOLDER --out result.json

Passages: JSON lines `{"id", "title", "text", "day"}`, the day an integer YYYYMMDD. Questions: JSON lines
`{"id", "question", "as_of"?, "answers"?}`, as_of YYYY-MM-DD. MODEL_FOLDER: a BERT-based sentence-transformers model.

How to read the result:
- Title and text are embedded together. Haystack's BM25 sees the text alone: it has no second field.
- An answer is found where its tokens stand in a row in the passage's text, both bare of case, punctuation and articles.
  Recall and MRR count only questions that give answers; MRR looks at the first 100 passages.
- The reader is the given model under a randomly initialised answer head: its time is real, its answers mean nothing.
- The store is Haystack's in-memory one, which looks at every passage for every question.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read by the imports below
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

import torch
from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders import sentence_transformers as embedders
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
from transformers import AutoTokenizer, BertForQuestionAnswering

TOP_K, READ_PASSAGES = 100, 20
DEPTHS = (1, 5, 10, 20, 50)
CPU = ComponentDevice.from_str("cpu")
PACKAGES = ("haystack-ai", "transformers-haystack", "sentence-transformers-haystack", "transformers", "torch")


def timed(run: Callable[..., Any], **inputs: Any) -> tuple[Any, float]:
    """What `run` returns, and the seconds it took."""
    start = perf_counter()
    output = run(**inputs)
    return output, perf_counter() - start


class Retrieval:
    """BM25 and dense retrieval, fused. The components run one by one, so that each has its own time."""

    def __init__(self, model: str) -> None:
        self.store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
        self.document_embedder = embedders.SentenceTransformersDocumentEmbedder(
            model=model, device=CPU, meta_fields_to_embed=["title"], normalize_embeddings=True
        )
        self.text_embedder = embedders.SentenceTransformersTextEmbedder(
            model=model, device=CPU, normalize_embeddings=True, progress_bar=False
        )
        self.bm25 = InMemoryBM25Retriever(self.store, top_k=TOP_K)
        self.dense = InMemoryEmbeddingRetriever(self.store, top_k=TOP_K)
        self.joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP_K)

    def index(self, passages: list[dict[str, Any]]) -> dict[str, float]:
        """Embed and store the passages; how many a second. Loading the model is not timed."""
        self.document_embedder.warm_up()
        documents = [
            Document(id=p["id"], content=p["text"], meta={"title": p["title"], "day": p["day"]}) for p in passages
        ]
        embedded, embed_s = timed(self.document_embedder.run, documents=documents)
        _, write_s = timed(self.store.write_documents, documents=embedded["documents"])
        rate = len(documents) / (embed_s + write_s)
        return {"passages": len(documents), "embed_s": embed_s, "write_s": write_s, "passages_per_s": rate}

    def search(self, question: str, as_of: str | None) -> tuple[dict[str, list[Document]], dict[str, float]]:
        """The three rankings, best first and at most TOP_K long, and the seconds of each step."""
        last_day = int(date.fromisoformat(as_of).strftime("%Y%m%d")) if as_of else None
        filters = {"field": "meta.day", "operator": "<=", "value": last_day} if last_day else None
        bm25, bm25_s = timed(self.bm25.run, query=question, filters=filters)
        query, embed_s = timed(self.text_embedder.run, text=question)
        dense, dense_s = timed(self.dense.run, query_embedding=query["embedding"], filters=filters)
        fused, join_s = timed(self.joiner.run, documents=[bm25["documents"], dense["documents"]])
        rankings = {"bm25": bm25["documents"], "dense": dense["documents"], "fused": fused["documents"]}
        seconds = {"bm25": bm25_s, "embed_query": embed_s, "dense": dense_s, "join": join_s}
        return rankings, seconds | {"total": sum(seconds.values())}


def reader_seconds(model: str, readings: list[tuple[str, list[Document]]]) -> list[float]:
    """A reader's seconds for each question and its passages. The first is read once more beforehand, untimed."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        BertForQuestionAnswering.from_pretrained(model).save_pretrained(folder)
        AutoTokenizer.from_pretrained(model).save_pretrained(folder)
        reader = TransformersExtractiveReader(model=folder, device=CPU)
        seconds = [timed(reader.run, query=q, documents=found)[1] for q, found in readings[:1] + readings]
    return seconds[1:]


def normalise(text: str) -> str:
    """Lower-case words alone, without articles: what `qa.evaluate.metrics` compares."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in ("a", "an", "the"))


def first_hit(documents: list[Document], answers: list[str]) -> int | None:
    """The rank, from 1, of the first document whose text holds one of the normalised answers."""
    for rank, document in enumerate(documents, 1):
        text = f" {normalise(document.content or '')} "
        if any(f" {answer} " in text for answer in answers):
            return rank
    return None


def quality(ranks: list[int | None]) -> dict[str, float]:
    """Recall at each depth and mean reciprocal rank."""
    hits = [rank for rank in ranks if rank is not None]
    recall = {f"recall@{depth}": sum(rank <= depth for rank in hits) / len(ranks) for depth in DEPTHS}
    return recall | {"mrr": sum(1 / rank for rank in hits) / len(ranks)}


def spread(seconds: list[float]) -> dict[str, float]:
    """Mean, median and 95th percentile (nearest rank)."""
    p95 = sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
    return {"mean": statistics.fmean(seconds), "median": statistics.median(seconds), "p95": p95}


def read_rows(path: Path, fields: dict[str, type]) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file; exits naming the line where a field is missing or of another type."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for number, row in enumerate(rows, 1):
        for name, kind in fields.items():
            if not isinstance(row.get(name), kind):
                sys.exit(f"{path}:{number}: {name!r} must be given as {kind.__name__}")
    return rows or sys.exit(f"{path}: is empty")


def measure(passages: list[dict[str, Any]], questions: list[dict[str, Any]], model: str, read: int) -> dict[str, Any]:
    """Index, search and read: the whole result."""
    retrieval = Retrieval(model)
    index = retrieval.index(passages)
    retrieval.search(questions[0]["question"], questions[0].get("as_of"))  # loads the model; not timed
    rows, readings = [], []
    for row in questions:
        rankings, seconds = retrieval.search(row["question"], row.get("as_of"))
        answers = [answer for answer in map(normalise, row.get("answers") or []) if answer]
        ranks = {name: first_hit(found, answers) for name, found in rankings.items()} if answers else None
        rows.append({"id": row["id"], "seconds": seconds, "ranks": ranks})
        readings.append((row["question"], rankings["fused"][:READ_PASSAGES]))
    reading = reader_seconds(model, readings[:read])
    ranked = [row["ranks"] for row in rows if row["ranks"]]
    return {
        "versions": {name: version(name) for name in PACKAGES},
        "settings": {"top_k": TOP_K, "bm25": retrieval.store.bm25_algorithm, "threads": torch.get_num_threads()},
        "index": index,
        "seconds": {step: spread([row["seconds"][step] for row in rows]) for step in rows[0]["seconds"]},
        "quality": {name: quality([ranks[name] for ranks in ranked]) for name in ranked[0]} if ranked else None,
        "questions": {"asked": len(rows), "with_answers": len(ranked), "read": len(reading)},
        "reader_seconds": spread(reading) if reading else None,
        "reader_note": f"top {READ_PASSAGES} passages, random answer head: the time is real, the answers meaningless",
        "per_question": rows,
    }


def main() -> None:
    """Read the arguments, measure, write the result and print its summary."""
    parser = argparse.ArgumentParser(description="Measure Haystack's extractive pipeline.")
    parser.add_argument("--passages", type=Path, required=True, help="JSON lines: id, title, text, day (YYYYMMDD)")
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines: id, question, as_of, answers")
    parser.add_argument("--model", required=True, help="folder of a BERT-based sentence-transformers model")
    parser.add_argument("--out", type=Path, required=True, help="where the result goes, as JSON")
    parser.add_argument("--read", type=int, default=20, help="how many questions to run the reader on (default: 20)")
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    passages = read_rows(given.passages, {"id": str, "title": str, "text": str, "day": int})
    result = measure(passages, read_rows(given.questions, {"id": str, "question": str}), given.model, given.read)
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: part for name, part in result.items() if name != "per_question"}, indent=1))


if __name__ == "__main__":
    main()
