"""What the command line shows, as text for people: one module a kind of thing."""

from web.terminal.answer import show_answer
from web.terminal.archive import show_info, show_report
from web.terminal.bars import AddProgress, progress, questions_progress
from web.terminal.figures import show_comparison, show_metrics, show_reading

__all__ = [
    "AddProgress",
    "progress",
    "questions_progress",
    "show_answer",
    "show_comparison",
    "show_info",
    "show_metrics",
    "show_reading",
    "show_report",
]
