"""Answers over time from hand-made reports: who led on which evening, and what is only noise."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from qa_fakes import log_odds

from index.article import StoredPassage, day_number
from qa.calibration import Calibration
from qa.groups import SIGHTING, Scale, reports
from qa.read import Span
from qa.retrieve import Found
from qa.timeline import CONTENDER, WORTH, timeline

CALIBRATION = Calibration(recency=3.0, null=0.0, rivalry=1.0, threshold=0.15)
NOVEMBER = date(2017, 11, 1)


@dataclass(frozen=True)
class Report:
    """A report that gives an answer, with the reader's probability; `day` of November 2017, None for undated."""

    answer: str
    day: int | None
    probability: float = 0.9
    story: str | None = None


def made(given: Sequence[Report], **scale: object) -> tuple[list[Span], list[str], Scale]:
    """One passage a report: the spans, their keys and what they weigh."""
    spans, found = [], []
    for number, report in enumerate(given):
        day = NOVEMBER + timedelta(report.day - 1) if report.day is not None else None
        text = f"{report.answer} holds the town."
        passage = StoredPassage(
            article_id=f"a{number:03}",
            start=0,
            end=len(text),
            text=text,
            title="",
            source=f"Source {number}",
            url=None,
            published_at=datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
            published_day=day_number(day) if day else None,
            story=report.story or f"s{number:03}",
            language="en",
        )
        found.append(Found(passage, 1.0, 1.0, 0 if day else None))
        end = len(report.answer)
        spans.append(Span(number, 0, end, 0, len(text), log_odds(report.probability)))
    settings = {"calibration": CALIBRATION, "of_a_state": True, **scale}
    return spans, [report.answer for report in given], Scale(found, **settings)  # type: ignore[arg-type]


def told(*given: Report, **scale: object) -> list[tuple[str, list[int]]]:
    """The timeline as answers with the days of November on which they were reported."""
    return [
        (sighted.group.key, [(day - NOVEMBER).days + 1 for day in sighted.days])
        for sighted in timeline(*made(given, **scale))
    ]


# --- what changed hands


def test_nothing_reported_nothing_told() -> None:
    assert told() == []


def test_one_report_is_one_entry() -> None:
    assert told(Report("ISIS", 3)) == [("ISIS", [3])]


def test_answers_come_in_order_of_their_first_report() -> None:
    assert told(Report("army", 9), Report("ISIS", 3), Report("militia", 20)) == [
        ("ISIS", [3]),
        ("army", [9]),
        ("militia", [20]),
    ]


def test_first_and_last_sighting_are_days_of_reports() -> None:
    entries = told(Report("ISIS", 1), Report("ISIS", 6), Report("ISIS", 3), Report("army", 9), Report("army", 12))
    assert entries == [("ISIS", [1, 3, 6]), ("army", [9, 12])]


def test_what_came_back_is_one_entry_with_all_its_days() -> None:
    # Held, lost on the 9th, retaken on the 11th, lost again on the 19th: as Albu Kamal.
    entries = told(
        Report("ISIS", 1),
        Report("ISIS", 6),
        Report("army", 9),
        Report("ISIS", 11),
        Report("ISIS", 12),
        Report("army", 19),
        Report("army", 20),
    )
    assert entries == [("ISIS", [1, 6, 11, 12]), ("army", [9, 19, 20])]


def test_two_reports_of_one_day_are_one_day() -> None:
    assert told(Report("ISIS", 3), Report("ISIS", 3)) == [("ISIS", [3])]


def test_an_answer_of_the_same_day_stands_beside_the_other() -> None:
    entries = told(Report("army", 9, 0.9), Report("ISIS", 9, 0.9))
    assert entries == [("ISIS", [9]), ("army", [9])]


def test_a_much_later_answer_is_told_though_an_old_crowd_said_otherwise() -> None:
    crowd = [Report("ISIS", day) for day in (1, 1, 2, 2, 3, 3)]
    assert told(*crowd, Report("army", 25)) == [("ISIS", [1, 2, 3]), ("army", [25])]


# --- noise


def test_noise_on_a_day_without_news_is_no_entry() -> None:
    # On the 1st nobody spoke of the town: an unlikely span of another story is the likeliest of that day.
    entries = told(Report("The Gulls", 1, 0.02), Report("ISIS", 10, 0.95), Report("army", 20, 0.95))
    assert entries == [("ISIS", [10]), ("army", [20])]


def test_noise_long_after_the_news_is_no_entry() -> None:
    entries = told(Report("ISIS", 1, 0.95), Report("army", 4, 0.95), Report("The Terns", 30, 0.02))
    assert entries == [("ISIS", [1]), ("army", [4])]


def test_many_weak_reports_of_nothing_are_no_entry() -> None:
    noise = [Report(f"Team {day}", day, 0.01) for day in range(1, 28)]
    assert told(*noise, Report("ISIS", 28, 0.95)) == [("ISIS", [28])]


def test_a_report_worth_a_share_of_the_best_is_one() -> None:
    best = CALIBRATION.weight(log_odds(0.9), recency=1.0)
    for share, count in ((WORTH * 1.5, 2), (WORTH * 0.5, 1)):
        weight = share * best
        probability = weight / (weight + CALIBRATION.weight(0.0, recency=1.0))
        assert len(told(Report("weak", 1, probability), Report("strong", 28, 0.9))) == count


def test_when_nothing_is_likely_nothing_is_told() -> None:
    assert told(Report("ISIS", 3, 0.004), Report("army", 9, 0.004)) == []


def test_a_passing_mention_is_no_sighting() -> None:
    best = CALIBRATION.weight(log_odds(0.9), recency=1.0)
    slight = SIGHTING * 0.5 * best
    probability = slight / (slight + CALIBRATION.weight(0.0, recency=1.0))
    given = [Report("ISIS", 1, 0.9), Report("ISIS", 15, probability)]
    assert told(*given) == [("ISIS", [1])]
    spans, keys, scale = made(given)
    (entry,) = timeline(spans, keys, scale)
    assert [span.passage for span in reports(entry.group, scale)] == [0]


# --- contenders


def test_a_contender_never_led_and_is_told() -> None:
    lead = 0.9
    support = lead / (1 - lead)
    for share, shown in ((CONTENDER * 1.4, True), (CONTENDER * 0.6, False)):
        weight = share * support
        entries = told(Report("army", 9, lead), Report("ISIS", 9, weight / (1 + weight)))
        assert ("ISIS" in dict(entries)) is shown
        assert "army" in dict(entries)


def test_all_contenders_of_a_split_day_are_told() -> None:
    assert (
        len(told(*(Report(f"party {i}", 9, 0.9) for i in range(4)), calibration=replace(CALIBRATION, rivalry=0.2))) == 4
    )


def test_below_the_threshold_nobody_contends() -> None:
    strict = replace(CALIBRATION, threshold=0.999999, rivalry=0.0)
    assert told(Report("army", 9, 0.6), calibration=strict) == []


# --- undated reports, copies


def test_undated_reports_take_no_part() -> None:
    assert told(Report("ISIS", None, 0.99)) == []
    assert told(Report("ISIS", None, 0.99), Report("army", 9, 0.9)) == [("army", [9])]


def test_undated_reports_are_no_measure_of_what_is_worth_telling() -> None:
    sure, slight = Report("ISIS", None, 0.9999), Report("army", 9, 0.5)
    assert told(sure, slight) == told(slight)


def test_copies_of_a_story_weigh_once() -> None:
    own = [Report("army", 9, 0.8, "own")]
    copies = [Report("ISIS", 9, 0.65, "wire") for _ in range(10)]
    alone = told(*own, copies[0])
    assert [key for key, _ in told(*own, *copies)] == [key for key, _ in alone]
    independent = [replace(report, story=f"s{i}") for i, report in enumerate(copies)]
    ahead = timeline(*made([*own, *copies]))
    crowd = timeline(*made([*own, *independent]))
    supports = [{s.group.key: s.group.support for s in entries} for entries in (ahead, crowd)]
    assert supports[0].get("ISIS", 0.0) < supports[1]["ISIS"]


def test_days_of_copies_are_days_on_which_it_was_told() -> None:
    assert told(Report("army", 9, 0.9, "wire"), Report("army", 10, 0.9, "wire")) == [("army", [9, 10])]


def test_a_mistake_is_not_told_beside_the_truth() -> None:
    given = [Report("Nineveh", 17, 0.9), Report("Anbar", 17, 0.9), Report("Anbar", 17, 0.9)]
    spans, keys, scale = made(given)
    assert [s.group.key for s in timeline(spans, keys, scale)] == ["Anbar", "Nineveh"]
    wrong = replace(scale, left={spans[0]: 0.2})
    assert [s.group.key for s in timeline(spans, keys, wrong)] == ["Anbar"]


def test_the_answer_that_is_given_is_always_told() -> None:
    given = [Report("army", 9, 0.9), Report("nobody", 9, 0.002)]
    spans, keys, scale = made(given)
    assert [s.group.key for s in timeline(spans, keys, scale)] == ["army"]
    assert [s.group.key for s in timeline(spans, keys, scale, "nobody")] == ["army", "nobody"]
    assert [s.group.key for s in timeline(spans, keys, scale, "elsewhere")] == ["army"]


# --- properties


def random_reports(seed: int) -> list[Report]:
    draw = random.Random(seed)
    return [
        Report(
            draw.choice(["ISIS", "army", "militia", "nobody"]),
            draw.choice([None, *range(1, 31)]),
            draw.choice([0.001, 0.05, 0.3, 0.6, 0.9, 0.99]),
            draw.choice([None, "wire", "post"]),
        )
        for _ in range(draw.randrange(1, 25))
    ]


@pytest.mark.parametrize("seed", range(60))
def test_a_timeline_holds_what_it_promises(seed: int) -> None:
    given = random_reports(seed)
    spans, keys, scale = made(given)
    entries = timeline(spans, keys, scale)
    assert len({entry.group.key for entry in entries}) == len(entries)
    assert [entry.days[0] for entry in entries] == sorted(entry.days[0] for entry in entries)
    for entry in entries:
        assert list(entry.days) == sorted(set(entry.days))
        days = {scale.day(span) for span, key in zip(spans, keys, strict=True) if key == entry.group.key}
        assert set(entry.days) <= days - {None}
        # The groups are of keys, and nothing undated is cited.
        assert all(keys[span.passage] == entry.group.key for _, span in entry.group.spans)
        assert all(scale.day(span) for _, span in entry.group.spans)


@pytest.mark.parametrize("seed", range(30))
def test_the_order_of_the_reports_decides_nothing(seed: int) -> None:
    given = random_reports(seed)
    shuffled = random.Random(seed + 1).sample(given, len(given))
    assert told(*given) == told(*shuffled)


@pytest.mark.parametrize("seed", range(30))
def test_whoever_led_on_some_evening_stays_told_when_nothing_outweighs_it(seed: int) -> None:
    # Later news that is no likelier than the best so far takes nobody out of the story.
    given = [report for report in random_reports(seed) if report.day is not None]
    best = max((report.probability for report in given), default=0.9)
    before = {key for key, _ in told(*given)}
    after = {key for key, _ in told(*given, Report("newcomer", 60, best))}
    assert before <= after
