"""Recurring-span pre-training: each gap's answer is what the gap hid, and the text is otherwise whole."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from qa.training.__main__ import BASE
from qa.training.data import Pieces
from qa.training.model import SpanModel
from qa.training.recurring import LENGTH, MAX_MASKS, NONE, WEAK, Gaps, collate, gaps, loss, passages

PIECES = Pieces(BASE)
MASK = PIECES.mask
Words = list[tuple[str, list[int]]]


def as_words(text: str) -> Words:
    """The words of a text with pieces of their own: as many as the word has vowels, at least one."""
    known = {word: i * 10 + 1000 for i, word in enumerate(sorted(set(text.lower().split())))}
    return [
        (word, [known[word.lower()] + i for i in range(max(1, sum(c in "aeiou" for c in word.lower())))])
        for word in text.split()
    ]


def pieces_of(words: Words) -> list[int]:
    return [piece for _, pieces in words for piece in pieces]


def filled(row: Gaps) -> list[int]:
    """The pieces with every mask replaced by its answer."""
    answers = {place: row.ids[first : last + 1] for place, first, last in row.masks}
    return [piece for at, one in enumerate(row.ids) for piece in answers.get(at, [one])]


def hidden(row: Gaps, words: Words) -> list[str]:
    """The words each mask stands for."""
    spelled = {tuple(pieces): word.lower() for word, pieces in words}
    said = []
    for _, first, last in row.masks:
        rest, one = [], row.ids[first : last + 1]
        while one:
            size = next(n for n in range(len(one), 0, -1) if tuple(one[:n]) in spelled)
            rest.append(spelled[tuple(one[:size])])
            one = one[size:]
        said.append(" ".join(rest))
    return said


def make(text: str, seed: int = 1) -> tuple[Gaps, Words]:
    words = as_words(text)
    row = gaps(words, MASK, random.Random(seed))
    assert row is not None
    return row, words


def check(row: Gaps, words: Words) -> None:
    assert filled(row) == pieces_of(words)
    assert 1 <= len(row.masks) <= MAX_MASKS
    assert sorted(place for place, _, _ in row.masks) == [at for at, piece in enumerate(row.ids) if piece == MASK]
    answers = {(first, last) for _, first, last in row.masks}
    covered = [at for first, last in answers for at in range(first, last + 1)]
    assert len(covered) == len(set(covered))
    assert not {place for place, _, _ in row.masks} & set(covered)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Norvik ran aground ; Norvik sank", ["norvik"], id="a word"),
        pytest.param("Port Ellery won and Port Ellery lost", ["port ellery"], id="the longest run"),
        pytest.param("Gulls flew ; gulls sat ; GULLS sang", ["gulls", "gulls"], id="whatever the case, one is left"),
        pytest.param("the old pier fell as the old pier burned", ["old pier"], id="no function word at the edge"),
        pytest.param("Duke of Ellery met Duke of Ellery", ["duke of ellery"], id="function words inside"),
        pytest.param("15 men , 15 boats", ["15"], id="numbers"),
        pytest.param("7 men , 7 boats", ["7"], id="a digit"),
    ],
)
def test_what_recurs_is_hidden(text: str, expected: list[str]) -> None:
    for seed in range(6):
        row, words = make(text, seed)
        check(row, words)
        assert hidden(row, words) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Norvik", "the pier and the boat and the gull", ". , . ,", "b saw b", "he did , he said"],
)
def test_what_says_nothing_is_not_hidden(text: str) -> None:
    assert gaps(as_words(text), MASK, random.Random(1)) is None


def test_the_occurrence_that_is_left_is_any() -> None:
    left = set()
    for seed in range(40):
        row, _ = make("Gulls flew and Gulls sat and Gulls sang", seed)
        left.add(row.masks[0][1])
    assert len(left) == 3


def test_no_more_than_so_many_masks_names_first() -> None:
    common = " ".join(f"word{i}" for i in range(40))
    names = " ".join(f"Name{i}" for i in range(12))
    text = f"{common} x {names} y " + " ".join(reversed(common.split())) + " z " + " ".join(reversed(names.split()))
    for seed in range(5):
        row, words = make(text, seed)
        check(row, words)
        assert len(row.masks) == MAX_MASKS
        assert Counter(word[:4] for word in hidden(row, words)) == {"name": 12, "word": MAX_MASKS - 12}


def test_what_stands_everywhere_is_not_hidden_at_all() -> None:
    some = " ".join(f"Gulls n{i}" for i in range(MAX_MASKS + 1))
    row, words = make(some)
    assert hidden(row, words) == ["gulls"] * MAX_MASKS
    assert gaps(as_words(some + " x Gulls"), MASK, random.Random(1)) is None


def test_the_seed_makes_the_gaps() -> None:
    text = " ".join(random.Random(3).choices([f"word{i}" for i in range(30)], k=200))
    assert make(text, 1)[0] == make(text, 1)[0]
    assert make(text, 1)[0] != make(text, 2)[0]


WORD = st.sampled_from(
    ["Gulls", "gulls", "Terns", "of", "the", ",", "Ellery", "Port", "port", "15", "7", "a", "Norvik", "said", "x"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORD, max_size=80), st.integers(0, 10**6))
def test_every_gap_is_filled_by_its_answer(drawn: Sequence[str], seed: int) -> None:
    words = as_words(" ".join(drawn))
    row = gaps(words, MASK, random.Random(seed))
    counts = Counter(word.lower() for word in drawn)
    strong = [word for word in counts if word not in WEAK and word[0].isalnum() and (len(word) > 1 or word.isdigit())]
    if row is None:
        assert not [word for word in strong if counts[word] >= 2] or max(counts.values()) > MAX_MASKS + 1
    else:
        check(row, words)
        for said in hidden(row, words):
            assert said.split()[0] in strong
            assert said.split()[-1] in strong


def test_the_text_is_not_changed() -> None:
    words = as_words("Port Ellery won and Port Ellery lost")
    gaps(words, MASK, random.Random(1))
    assert words == as_words("Port Ellery won and Port Ellery lost")


# --- passages


def article(seed: int, words: int) -> str:
    known = ["Gulls", "won", "the", "regatta", "unbelievably", ",", "Ellery’s", "1,234.5", "zoë"]
    return " ".join(random.Random(seed).choices(known, k=words))


def test_articles_are_cut_into_passages_of_whole_words() -> None:
    text = article(1, 900)
    found: list[Words] = []
    stream = passages([text], PIECES, random.Random(1))
    (encoding,) = PIECES.encode([text])
    while sum(len(pieces_of(one)) for one in found) < len(encoding.ids) - 64:
        found.append(next(stream))
    assert [piece for one in found for piece in pieces_of(one)] == encoding.ids[: sum(map(len, map(pieces_of, found)))]
    joined = "".join(word for one in found for word, _ in one)
    assert "".join(text.split()).startswith(joined)
    for one in found[:-1]:
        assert LENGTH - 16 <= len(pieces_of(one)) <= LENGTH
    for one in found:
        assert all(PIECES.ids([word])[0] == pieces for word, pieces in one)


def test_short_articles_and_ends_are_left_out() -> None:
    texts = [article(1, 10), article(2, 200)]
    for one in islice(passages(texts, PIECES, random.Random(1)), 8):
        assert len(pieces_of(one)) > 64


def test_passages_come_endlessly_each_round_in_another_order() -> None:
    texts = [f"Number{i} " + article(i, 60) for i in range(8)]
    heads = [one[0][0] for one in islice(passages(texts, PIECES, random.Random(1)), 24)]
    rounds = [heads[at : at + 8] for at in (0, 8, 16)]
    assert [sorted(one) for one in rounds] == [sorted(rounds[0])] * 3
    assert len(set(heads)) == 8
    assert rounds[0] != rounds[1]
    again = islice(passages(texts, PIECES, random.Random(1)), 24)
    assert heads == [one[0][0] for one in again]


def test_a_long_word_does_not_make_a_long_passage() -> None:
    text = "birds " * 238 + "qxzjkvwq" * 11 + " birds" * 300
    assert all(len(pieces_of(one)) <= LENGTH for one in islice(passages([text], PIECES, random.Random(1)), 3))


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="no articles"),
        pytest.param(["Gulls won.", ""], id="short ones only"),
    ],
)
def test_articles_without_passages_are_no_endless_wait(texts: list[str]) -> None:
    class Patience(random.Random):
        """Stands for a user who stops the program."""

        rounds = 0

        def sample(self, *drawn: Any, **rest: Any) -> Any:
            Patience.rounds += 1
            if Patience.rounds > 50:
                raise TimeoutError
            return super().sample(*drawn, **rest)

    Patience.rounds = 0
    try:
        next(passages(texts, PIECES, Patience(1)))
    except TimeoutError:
        pytest.fail("no passage in 50 rounds")
    except (Exception, SystemExit):  # noqa: BLE001 - any error will do
        return


# --- batches and loss


def test_rows_are_padded_and_places_moved_behind_the_first_token() -> None:
    rows = [Gaps([5, MASK, 6, 7], [(1, 2, 3)]), Gaps([8, 9, MASK, MASK, 9], [(2, 0, 1), (3, 4, 4)])]
    batch = collate(rows, PIECES)
    assert batch.ids.shape == batch.mask.shape == (2, 16)
    assert batch.ids[0].tolist() == [PIECES.cls, 5, MASK, 6, 7, PIECES.sep] + [PIECES.pad] * 10
    assert batch.mask.sum(1).tolist() == [6, 7]
    assert batch.places.tolist() == [[2, NONE], [3, 4]]
    assert batch.first.tolist() == [[3, NONE], [1, 5]]
    assert batch.last.tolist() == [[4, NONE], [2, 5]]
    for row, places in zip(batch.ids, batch.places, strict=True):
        assert all(row[place] == MASK for place in places if place != NONE)


class Known(nn.Module):
    """An encoder of single words."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(200, 8)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.words(input_ids))


def test_the_loss_is_the_mean_over_masks_and_leaves_padding_out() -> None:
    torch.manual_seed(1)
    model = SpanModel(Known(), 8)
    rows = [Gaps([5, MASK, 6, 7], [(1, 2, 3)]), Gaps([8, 9, MASK, MASK, 9], [(2, 0, 1), (3, 4, 4)])]
    batch = collate(rows, PIECES)
    expected = []
    for row in rows:
        line = torch.tensor([[PIECES.cls, *row.ids, PIECES.sep]])
        states = model.states(line, torch.ones_like(line), torch.ones_like(line))
        for place, first, last in row.masks:
            start, end = model.head(states, states[:, place + 1 : place + 2])
            expected.append(-start[0, 0].log_softmax(0)[first + 1] - end[0, 0].log_softmax(0)[last + 1])
    found = loss(model, batch)
    assert float(found.detach()) == pytest.approx(float(sum(expected).detach()) / 3 / 2, abs=1e-4)  # type: ignore[union-attr]
    found.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_real_article_makes_batches() -> None:
    chance = random.Random(1)
    text = article(5, 400).replace("won", "Norvik Lines")
    rows = [row for one in islice(passages([text], PIECES, chance), 3) if (row := gaps(one, MASK, chance))]
    batch = collate(rows, PIECES)
    for row, made in enumerate(rows):
        for column, (place, first, last) in enumerate(made.masks):
            assert batch.ids[row, place + 1] == MASK
            assert batch.ids[row, first + 1 : last + 2].tolist() == made.ids[first : last + 1]
            assert batch.places[row, column] == place + 1
