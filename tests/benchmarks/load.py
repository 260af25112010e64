"""Many clients at once against a real server: every answer must be the one that a lone client gets.

    python tests/benchmarks/load.py ARCHIVE questions.jsonl --clients 64 --seconds 300

Starts `backissue serve` on loopback with no rate limit (the limit on simultaneous questions stays), asks a few
questions one at a time, then lets all clients ask them at random. 429 is an answer: a client then waits as told.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np


def main() -> None:
    """Prints counts by status, latencies of answers in milliseconds, and how many differ from the serial ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--distinct", type=int, default=100, help="questions that are asked")
    given = parser.parse_args()
    asks = _asks(given.questions, given.distinct)
    with _Server(given.archive) as url:
        serial, took = _serial(url, asks)
        print(f"one client: median {np.median(took):.0f} ms, p95 {np.percentile(took, 95):.0f} ms")
        statuses, latencies, differing = _together(url, asks, serial, given.clients, given.seconds)
    print(f"{given.clients} clients for {given.seconds:.0f} s: {dict(statuses)}")
    shown = ", ".join(f"p{q} {np.percentile(latencies, q):.0f}" for q in (50, 90, 95, 99))
    print(f"answers: {len(latencies) / given.seconds:.1f} a second; ms: {shown}; max {max(latencies):.0f}")
    print(f"differing from the serial answer: {differing}")
    sys.exit(bool(differing or set(statuses) - {200, 429}))


def _asks(file: Path, number: int) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[: 10 * number : 10]]
    return [{"question": row["question"], "as_of": row.get("as_of")} for row in rows]


class _Server:
    def __init__(self, archive: Path) -> None:
        environment = {**os.environ, "BACKISSUE_RATE_LIMIT": ""}
        start = [sys.executable, "-c", "from web.cli import main; main()"]
        command = [*start, "--archive", str(archive), "serve", "--port", "0"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"http://\S+", line):
                return found.group()
        raise SystemExit("the server did not start")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def _ask(client: httpx.Client, ask: dict[str, Any]) -> httpx.Response:
    return client.post("api/v1/ask", json=ask)


def _told(response: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in response.json().items() if name != "timings_ms"}


def _serial(url: str, asks: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[float]]:
    answers, took = [], []
    with httpx.Client(base_url=url, timeout=60) as client:
        _ask(client, asks[0])
        for ask in asks:
            start = time.perf_counter()
            answers.append(_told(_ask(client, ask).raise_for_status()))
            took.append(1000 * (time.perf_counter() - start))
    return answers, took


def _together(
    url: str, asks: list[dict[str, Any]], serial: list[dict[str, Any]], clients: int, seconds: float
) -> tuple[Counter[int], list[float], int]:
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    differing: list[int] = []
    end = time.monotonic() + seconds

    def run(seed: int) -> None:
        chance = random.Random(seed)
        with httpx.Client(base_url=url, timeout=120) as client:
            while time.monotonic() < end:
                which = chance.randrange(len(asks))
                start = time.perf_counter()
                response = _ask(client, asks[which])
                statuses[response.status_code] += 1
                if response.status_code == 200:
                    latencies.append(1000 * (time.perf_counter() - start))
                    if _told(response) != serial[which]:
                        differing.append(which)
                else:
                    time.sleep(float(response.headers.get("Retry-After", 1)) * chance.uniform(1, 2))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, latencies, len(differing)


if __name__ == "__main__":
    main()
