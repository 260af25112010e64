"""The sample archive: short dispatches on public events, written for Backissue.

Outlets and authors are invented: every source ends in "(sample)" and every address is under the reserved
`.example` domain. Two dispatches contain a mistake on purpose, which a later "Correction:" names.
"""

from __future__ import annotations

from pathlib import Path


def dispatches_path() -> Path:
    """The packaged JSON Lines file, one article a line, in order of publication."""
    return Path(__file__).with_name("dispatches.jsonl")


# Questions that the sample archive answers, for the start page.
EXAMPLES = (
    "Who holds Albu Kamal?",
    "Who resigned as president of Zimbabwe?",
    "Which probe landed on the far side of the Moon?",
    "How many years did Cassini spend in orbit around Saturn?",
)
