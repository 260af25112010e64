"""The training loop: seeded, resumable at any step, on a processor or a GPU."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from qa.training.model import SpanModel, save_weights


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast. The rate rises over `warmup` of the steps and falls in a line to 0."""

    steps: int
    rate: float
    warmup: float = 0.06
    decay: float = 0.01
    save_every: int = 100

    def factor(self, step: int) -> float:
        """The share of the full rate at a step."""
        rise = max(1, math.ceil(self.warmup * self.steps))
        return (step + 1) / rise if step < rise else max(0.0, (self.steps - step) / (self.steps - rise + 1))


def train(
    model: SpanModel,
    losses: Callable[[int], Iterator[Callable[[SpanModel], Tensor]]],
    schedule: Schedule,
    out: Path,
    *,
    seed: int,
    device: str,
) -> None:
    """Trains and writes `out/weights.safetensors`; `out/state.pt` holds what a resumed run goes on from.

    `losses(step)` gives, from a step on, one function a step that computes the loss. Progress is written to
    `out/log.jsonl`: step, mean loss since the last line, seconds.
    """
    out.mkdir(parents=True, exist_ok=True)
    model.to(device).train()
    plain = [p for name, p in model.named_parameters() if p.ndim < 2 or "norm" in name.lower()]
    kinds = {id(p) for p in plain}
    heavy = [p for p in model.parameters() if id(p) not in kinds]
    groups = [{"params": heavy, "weight_decay": schedule.decay}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=schedule.rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule.factor)
    step = _resume(out, model, optimizer, scheduler, schedule, device)
    running: list[float] = []
    start = time.monotonic()
    for compute in losses(step):
        if step >= schedule.steps:
            break
        torch.manual_seed(seed * 1_000_003 + step)  # dropout, so that a resumed run equals an unbroken one
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            loss = compute(model)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        running.append(loss.item())
        step += 1
        if step % 20 == 0:
            line = {"step": step, "loss": round(sum(running) / len(running), 4)}
            with (out / "log.jsonl").open("a") as log:
                log.write(json.dumps({**line, "seconds": round(time.monotonic() - start, 1)}) + "\n")
            running = []
        if step % schedule.save_every == 0:
            _save(out, model, optimizer, scheduler, schedule, step)
    _save(out, model, optimizer, scheduler, schedule, step)
    save_weights(model, out / "weights.safetensors")


def _save(
    out: Path,
    model: SpanModel,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    schedule: Schedule,
    step: int,
) -> None:
    part = out / "state.part"
    torch.save(
        {
            "step": step,
            "schedule": asdict(schedule),
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
        },
        part,
    )
    part.replace(out / "state.pt")


def _resume(
    out: Path,
    model: SpanModel,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    schedule: Schedule,
    device: str,
) -> int:
    path = out / "state.pt"
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    if state["schedule"] != asdict(schedule):
        raise SystemExit(f"{path} is of another schedule ({state['schedule']}). Name another --out, or delete it.")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    scheduler.load_state_dict(state["scheduler"])
    return int(state["step"])
