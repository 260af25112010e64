"""What a reader waits for: from asking to the first passages on the screen, and to the answer, in a real browser.

    python tests/benchmarks/page_latency.py http://127.0.0.1:8000/ questions.jsonl [--number 40]

Needs a running `backissue serve`, Playwright and Debian's chromium. Each question is asked on a fresh start page, as of
its own day; a time runs from the submission of the form to the frame in which its result is painted.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

MEASURE = """([question, day]) => new Promise((resolve) => {
  const form = document.getElementById("ask"), seen = {}, start = performance.now();
  const painted = (name) => requestAnimationFrame(() => requestAnimationFrame(() => {
    seen[name] = performance.now() - start;
    if (name === "answer") resolve(seen);
  }));
  new MutationObserver(() => {
    const turn = document.querySelector("#conversation .turn");
    if (!("passages" in seen) && turn?.querySelector(".reading li")) { seen.passages = null; painted("passages"); }
    if (!("answer" in seen) && turn?.querySelector(".found, .none")) { seen.answer = null; painted("answer"); }
  }).observe(document.getElementById("conversation"), { childList: true, subtree: true });
  form.elements.q.value = question;
  form.elements.as_of.value = day;
  form.requestSubmit();
})"""


def main() -> None:
    """Prints medians and 90th percentiles in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("questions", type=Path)
    parser.add_argument("--number", type=int, default=40)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.questions.read_text(encoding="utf-8").splitlines()]
    rows = rows[:: max(1, len(rows) // given.number)][: given.number]
    with sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        _asked(page, given.address, rows[0])  # warms up models and caches
        found = [_asked(page, given.address, row) for row in rows]
        browser.close()
    for name in ("passages", "answer"):
        times = [one[name] for one in found if one.get(name) is not None]
        print(
            f"{name}: median {np.median(times):.0f} ms, p90 {np.percentile(times, 90):.0f} ms, {len(times)} questions"
        )


def _asked(page: Page, address: str, row: dict[str, str]) -> dict[str, float]:
    page.goto(address)
    page.wait_for_timeout(500)  # a question is typed on a page that has come to rest
    found: dict[str, float] = page.evaluate(MEASURE, [row["question"], row.get("as_of") or ""])
    return found


if __name__ == "__main__":
    main()
