"""Training material: what is trained on is what is read later, gold stays where it was, and epochs are whole."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.spans import best_spans
from qa.training.__main__ import BASE
from qa.training.data import (
    MAX_HEADER,
    MAX_QUESTION,
    Batch,
    Example,
    Paragraph,
    Pieces,
    batches,
    collate,
    padded,
    piece_span,
    read,
    typo,
    window,
    word_bounds,
)
from qa.training.model import MAX_ANSWER, span_logits
from qa.windows import Window, windows

PIECES = Pieces(BASE)
HEAD = "November 3, 2017. Gulls win the regatta."
BODY = "The Gulls won the autumn regatta by two lengths, ahead of the Terns."


def written(path: Path, content: str) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        file.write(content)
    return path


def grouped(question: str, *passages: tuple[str, str, Sequence[tuple[int, int]]]) -> Example:
    """The example that training makes of a question and its passages (header, text, answers)."""
    rows = [{"header": head, "text": text, "answers": answers} for head, text, answers in passages]
    with TemporaryDirectory() as folder:
        line = json.dumps({"question": question, "passages": rows}, ensure_ascii=False)
        (example,) = read(written(Path(folder) / "groups.jsonl", line + "\n"), PIECES)
    return example


def read_alone(question: str, head: str, text: str) -> Window:
    """The window that inference makes of a passage short enough for one."""
    ((only,),) = windows(PIECES.tokenizer, question, [head], [text], 5000, PIECES.mask)
    return only


def rows_of(batch: Batch) -> list[tuple[list[int], list[int]]]:
    """Ids and types of each row, less the padding."""
    sizes = batch.mask.sum(1).tolist()
    return [(batch.ids[i, :n].tolist(), batch.types[i, :n].tolist()) for i, n in enumerate(sizes)]


# --- what is trained on is what is read


CASES = [
    pytest.param("Who won the regatta?", HEAD, BODY, id="plain"),
    pytest.param("Who won?", "", BODY, id="no header"),
    pytest.param("", HEAD, BODY, id="no question"),
    pytest.param("who won " * 90, HEAD, BODY, id="a long question"),
    pytest.param("Who won?", "regatta " * 90, BODY, id="a long header"),
    pytest.param("Who won?", HEAD, BODY * 12, id="a long passage"),
    pytest.param("Who is [MASK]?", "[SEP] [PAD].", "The [MASK] won, [CLS] said. [SEP]", id="special tokens as text"),
    pytest.param("¿Quién ganó?", "Café 🐟.", "Zoë Müller 政府军 e\u0301 \u200b a\x00b 🐟", id="other scripts"),
]


@pytest.mark.parametrize(("question", "head", "text"), CASES)
def test_the_input_of_training_is_that_of_reading(question: str, head: str, text: str) -> None:
    batch = collate([grouped(question, (head, text, []))], PIECES)
    expected = read_alone(question, head, text)
    assert rows_of(batch) == [(expected.ids, expected.types)]
    assert not batch.gold.any()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(min_size=1, max_size=80))
def test_whatever_is_read_training_saw_the_same(question: str, head: str, text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in question + head + text) or not PIECES.ids([text])[0]:
        return
    batch = collate([grouped(question, (head, text, []))], PIECES)
    expected = read_alone(question, head, text)
    assert rows_of(batch) == [(expected.ids, expected.types)]
    here = slice(expected.first, expected.first + len(expected.offsets))
    starts, ends = word_bounds(text, expected.offsets)
    assert batch.starts[0, here].tolist() == starts
    assert batch.ends[0, here].tolist() == ends


def test_only_the_passage_may_hold_answers_and_nothing_of_the_padding_is_read() -> None:
    batch = collate([grouped("Who won?", (HEAD, BODY, [(4, 9)])), grouped("Who?", ("", "Terns", []))], PIECES)
    for row, (question, head, text) in enumerate([("Who won?", HEAD, BODY), ("Who?", "", "Terns")]):
        expected = read_alone(question, head, text)
        outside = [i for i in range(batch.ids.shape[1]) if not 0 <= i - expected.first < len(expected.offsets)]
        assert not batch.starts[row, outside].any()
        assert not batch.ends[row, outside].any()
        size = len(expected.ids)
        assert batch.mask[row].tolist() == [1] * size + [0] * (batch.ids.shape[1] - size)
        assert set(batch.ids[row, size:].tolist()) <= {PIECES.pad}


def test_rows_know_their_question() -> None:
    one = grouped("Who won?", (HEAD, BODY, [(4, 9)]), ("", "The Terns lost.", []))
    batch = collate([one, grouped("Who?", ("", "Terns", [])), one], PIECES)
    assert batch.groups.tolist() == [0, 0, 1, 2, 2]
    assert batch.count == 3
    assert batch.gold.flatten(1).any(1).tolist() == [True, False, False, True, False]


def test_a_batch_moves_to_a_device_whole() -> None:
    moved = collate([grouped("Who won?", (HEAD, BODY, [(4, 9)]))], PIECES).to("meta")
    tensors = (moved.ids, moved.types, moved.mask, moved.starts, moved.ends, moved.gold, moved.groups)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert moved.count == 1


WORD = st.sampled_from(
    ["Gulls", "won", "unbelievably", "1,234.5", "U.S.", "O'Neill", "15%", "ISIS-held", "Ellery’s", "état"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORD, min_size=1, max_size=30), st.text("abc ", max_size=30), st.data())
def test_gold_means_the_same_characters_to_training_and_reading(words: list[str], head: str, drawn: Any) -> None:
    first = drawn.draw(st.integers(0, len(words) - 1))
    last = drawn.draw(st.integers(first, min(first + 3, len(words) - 1)))
    text = " ".join(words)
    start = len(" ".join([*words[:first], ""]))
    end = start + len(" ".join(words[first : last + 1]))
    batch = collate([grouped("Who won?", (head, text, [(start, end)]))], PIECES)
    ((distance, place),) = batch.gold[0].nonzero().tolist()
    seen = read_alone("Who won?", head, text)
    offsets = seen.offsets[place - seen.first][0], seen.offsets[place + distance - seen.first][1]
    assert offsets == (start, end)
    assert batch.starts[0, place]
    assert batch.ends[0, place + distance]


def test_the_best_span_of_training_is_the_best_of_reading() -> None:
    """Both decode the same scores: allowed places, length limit and "no answer" agree."""
    import torch

    text = "Norvik Lines runs 1,234.5 unbelievably old U.S. piers in Port Ellery " * 3
    batch = collate([grouped("Who?", (HEAD, text, []))], PIECES)
    seen = read_alone("Who?", HEAD, text)
    here = slice(seen.first, seen.first + len(seen.offsets))
    for seed in range(20):
        start, end = torch.randn(2, *batch.ids.shape, generator=torch.Generator().manual_seed(seed))
        scores = span_logits(start, end, batch.starts, batch.ends)[0]
        null = float(start[0, 0] + end[0, 0])
        (best,) = best_spans(text, seen.offsets, start[0, here].numpy(), end[0, here].numpy(), null, limit=1)
        distance, place = divmod(int(scores.argmax()), scores.shape[1])
        assert float(scores.max()) == pytest.approx(best.score, abs=1e-4)
        low, high = seen.offsets[place - seen.first][0], seen.offsets[place + distance - seen.first][1]
        assert low <= best.start < best.end <= high


# --- reading files


def squad(*paragraphs: tuple[str, list[tuple[str, list[tuple[str, int]]]]], title: str = "Port_Ellery") -> str:
    """A SQuAD file of one article: (context, [(question, [(answer, start)])])."""
    rows = [
        {
            "context": context,
            "qas": [
                {"id": f"{i}", "question": question, "answers": [{"text": t, "answer_start": s} for t, s in answers]}
                for i, (question, answers) in enumerate(questions)
            ],
        }
        for context, questions in paragraphs
    ]
    return json.dumps({"version": "2.0", "data": [{"title": title, "paragraphs": rows}]}, ensure_ascii=False)


def gold_text(example: Example, text: str, passage: int = 0) -> list[str]:
    (encoding,) = PIECES.encode([text])
    assert encoding.ids == example.passages[passage].ids
    return [text[encoding.offsets[a][0] : encoding.offsets[b][1]] for a, b in example.passages[passage].gold]


@pytest.mark.parametrize("name", ["squad.json", "squad.json.gz"])
def test_a_squad_file_gives_an_example_a_question(tmp_path: Path, name: str) -> None:
    content = squad(
        (BODY, [("Who won?", [("The Gulls", 0), ("Gulls", 4), ("Gulls", 4)]), (" Who lost? ", [("Terns", 62)])]),
        ("Maud grew it.", [("Who grew it?", [("Maud", 0)]), ("Who ate it?", [])]),
    )
    found = read(written(tmp_path / name, content), PIECES)
    assert [example.text.strip() for example in found] == ["Who won?", "Who lost?", "Who grew it?", "Who ate it?"]
    assert [example.question for example in found] == PIECES.ids([example.text.strip() for example in found])
    assert gold_text(found[0], BODY) == ["The Gulls", "Gulls"]
    assert gold_text(found[1], BODY) == ["Terns"]
    assert gold_text(found[2], "Maud grew it.") == ["Maud"]
    assert found[3].passages[0].gold == []
    assert {tuple(example.passages[0].header) for example in found} == {tuple(PIECES.ids(["Port Ellery."])[0])}
    assert {example.family for example in found} == {"Port_Ellery"}


def test_a_title_that_is_an_id_is_no_header(tmp_path: Path) -> None:
    for title in ("new_wiki:12", "1234", "train-7"):
        (found,) = read(written(tmp_path / "a.json", squad((BODY, [("Who?", [])]), title=title)), PIECES)
        assert found.passages[0].header == []


def test_an_answer_too_long_is_left_out_and_so_is_a_question_that_has_no_other(tmp_path: Path) -> None:
    text = "birds " * 40
    long = (text[: 6 * (MAX_ANSWER + 1) - 1], 0)
    fits = (text[: 6 * MAX_ANSWER - 1], 0)
    content = squad((text, [("Long?", [long]), ("Both?", [long, ("birds", 6)]), ("Just?", [fits])]))
    found = read(written(tmp_path / "a.json", content), PIECES)
    assert [(example.text, example.passages[0].gold) for example in found] == [
        ("Both?", [(1, 1)]),
        ("Just?", [(0, MAX_ANSWER - 1)]),
    ]


def test_long_questions_and_titles_are_cut_as_in_reading(tmp_path: Path) -> None:
    (found,) = read(written(tmp_path / "a.json", squad((BODY, [("who " * 99, [])]), title="gulls " * 99)), PIECES)
    assert (len(found.question), len(found.passages[0].header)) == (MAX_QUESTION, MAX_HEADER)


@pytest.mark.parametrize("name", ["groups.jsonl", "groups.jsonl.gz"])
def test_groups_keep_all_passages_and_all_answers(tmp_path: Path, name: str) -> None:
    first = {"header": HEAD, "text": BODY, "answers": [[4, 9], [62, 67], [4, 9]]}
    second = {"header": "", "text": "Zoë 🐟 said that Terns lost.", "answers": []}
    lines = [json.dumps({"question": q, "passages": [first, second]}, ensure_ascii=False) for q in ("Who?", "Whom?")]
    found = read(written(tmp_path / name, "\n".join(lines) + "\n"), PIECES)
    assert [example.text for example in found] == ["Who?", "Whom?"]
    for example in found:
        assert gold_text(example, BODY) == ["Gulls", "Terns"]
        assert gold_text(example, second["text"], 1) == []
        assert [passage.header for passage in example.passages] == [PIECES.ids([HEAD])[0], []]
    assert found[0].family != found[1].family


# --- spans and bounds


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        pytest.param((0, 5), (0, 0), id="a piece"),
        pytest.param((0, 11), (0, 1), id="two"),
        pytest.param((2, 7), (0, 1), id="parts of two"),
        pytest.param((5, 6), None, id="a blank"),
        pytest.param((4, 8), (0, 1), id="across the blank"),
        pytest.param((11, 13), (2, 3), id="marks"),
        pytest.param((13, 99), None, id="behind the end"),
        pytest.param((12, 99), (3, 3), id="over the end"),
    ],
)
def test_a_span_touches_pieces(span: tuple[int, int], expected: tuple[int, int] | None) -> None:
    assert piece_span([(0, 5), (6, 11), (11, 12), (12, 13)], *span) == expected


def test_a_span_has_at_most_so_many_pieces() -> None:
    offsets = [(i, i + 1) for i in range(50)]
    assert piece_span(offsets, 3, 3 + MAX_ANSWER) == (3, 2 + MAX_ANSWER)
    assert piece_span(offsets, 3, 4 + MAX_ANSWER) is None


def test_words_begin_and_end_where_reading_has_them() -> None:
    text = "unbelievably 1,234.5"
    (encoding,) = PIECES.encode([text])
    starts, ends = word_bounds(text, encoding.offsets)
    assert sum(starts) == sum(ends) == 2
    assert starts[0]
    assert ends[-1]
    assert text[encoding.offsets[starts.index(True, 1)][0] :] == "1,234.5"


# --- cutting


def plain(size: int, gold: Sequence[tuple[int, int]] = (), base: int = 0, header: Sequence[int] = ()) -> Paragraph:
    """A passage whose pieces are numbered, so that one sees what of it is left."""
    ids = list(range(base, base + size))
    return Paragraph(list(header), ids, [i % 2 == 0 for i in ids], [i % 3 == 0 for i in ids], list(gold))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 120), st.integers(30, 80), st.integers(0, 10**6), st.data())
def test_a_cut_holds_an_answer_unchanged(size: int, length: int, seed: int, drawn: Any) -> None:
    gold = []
    for _ in range(drawn.draw(st.integers(0, 3))):
        a = drawn.draw(st.integers(0, size - 1))
        gold.append((a, drawn.draw(st.integers(a, min(size - 1, a + MAX_ANSWER - 1)))))
    passage = plain(size, gold, header=[7])
    cut = window(passage, length, random.Random(seed))
    assert len(cut.ids) == len(cut.starts) == len(cut.ends) == min(size, length)
    assert cut.ids == list(range(cut.ids[0], cut.ids[-1] + 1))
    assert cut.header == [7]
    here = slice(cut.ids[0], cut.ids[-1] + 1)
    assert (cut.starts, cut.ends) == (passage.starts[here], passage.ends[here])
    whole = [(a, b) for a, b in gold if cut.ids[0] <= a and b <= cut.ids[-1]]
    assert [(cut.ids[a], cut.ids[b]) for a, b in cut.gold] == whole
    assert bool(whole) == bool(gold)


def test_cuts_are_all_over_the_passage() -> None:
    chance = random.Random(1)
    assert {window(plain(100), 40, chance).ids[0] for _ in range(2000)} == set(range(61))
    assert {window(plain(100, [(50, 52)]), 40, chance).gold[0][0] for _ in range(2000)} == set(range(38))
    assert {window(plain(100, [(0, 2), (97, 99)]), 40, chance).gold[0] for _ in range(50)} == {(0, 2), (37, 39)}


# --- typos


def test_a_typo_swaps_or_drops_one_inner_letter() -> None:
    chance = random.Random(1)
    made = {typo("the regatta", chance) for _ in range(500)}
    assert {"the rgeatta", "the reatta"} <= made
    for text in made:
        words = text.split(" ")
        assert words[0] == "the"
        assert (words[1][0], words[1][-1]) == ("r", "a")
        assert len(words[1]) in (6, 7)
        assert not Counter(words[1]) - Counter("regatta")


@pytest.mark.parametrize("text", ["", "a", "who", "?!", "is it so", "🐟"])
def test_a_text_of_short_words_is_left_alone(text: str) -> None:
    assert typo(text, random.Random(1)) == text


def test_a_typo_leaves_numbers_alone() -> None:
    chance = random.Random(1)
    assert {typo("in 2019 or 1,450 of 15", chance) for _ in range(100)} == {"in 2019 or 1,450 of 15"}


# --- batches


def questions(count: int, families: int = 5, passages: int = 1) -> list[Example]:
    """Examples that one can tell apart by text, their passages by ids: passage p of question i begins at
    (i * passages + p) * 1000.
    """
    chance = random.Random(0)
    made = []
    for i in range(count):
        held = [
            plain(chance.randint(20, 300), [(5, 7)] if p == 0 else [], (i * passages + p) * 1000, [1, 2, 3])
            for p in range(passages)
        ]
        made.append(Example(f"what was number {i}", PIECES.ids([f"what was number {i}"])[0], held, f"f{i % families}"))
    return made


def epoch(examples: Sequence[Example], seed: int = 1, **settings: Any) -> list[list[Example]]:
    return list(
        batches(examples, PIECES, **({"tokens": 2048, "crop": (96, 224), "negatives": 0.2} | settings), seed=seed)
    )


@pytest.mark.parametrize("passages", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 600])
def test_an_epoch_shows_every_question_once(count: int, passages: int) -> None:
    given_ = questions(count, passages=passages)
    found = epoch(given_)
    assert all(found)
    assert Counter(example.text for batch in found for example in batch) == Counter(e.text for e in given_)


def rows_and_longest(batch: Sequence[Example]) -> tuple[int, int]:
    passages = [(example, passage) for example in batch for passage in example.passages]
    return len(passages), max(len(e.question) + 4 + len(p.header) + len(p.ids) for e, p in passages)


def test_a_batch_stays_within_its_tokens_or_is_one_question() -> None:
    sizes = []
    for batch in epoch(questions(900)):
        rows, longest = rows_and_longest(batch)
        assert rows * longest <= 2048 or len(batch) == 1
        sizes.append(rows * longest)
    assert sum(size > 1500 for size in sizes) > 0.9 * len(sizes)
    assert all(len(batch) == 1 for batch in epoch(questions(20, passages=3), tokens=10))


def test_a_batch_stays_within_its_tokens_once_padded() -> None:
    for batch in epoch(questions(900)):
        rows, longest = rows_and_longest(batch)
        assert rows * padded(longest) <= 2048 or len(batch) == 1


def test_a_share_of_the_pieces_is_masked_in_every_other_example_and_none_of_an_answer() -> None:
    given_ = questions(400)
    shown = [e for batch in epoch(given_, negatives=0.0, masks=0.2) for e in batch]
    plainly = {e.text for batch in epoch(given_, negatives=0.0) for e in batch if PIECES.mask in e.passages[0].ids}
    assert len(plainly) < 2  # one of the made-up passages has its number
    shares = []
    for example in (one for one in shown if one.text not in plainly):
        passage = example.passages[0]
        for start, end in passage.gold:
            assert PIECES.mask not in passage.ids[start : end + 1]
        if hidden := passage.ids.count(PIECES.mask):
            shares.append(hidden / len(passage.ids))
        assert PIECES.mask not in example.question
    assert 0.4 < len(shares) / len(shown) < 0.6
    assert 0.17 < sum(shares) / len(shares) < 0.23


def test_labels_that_nobody_looked_at_are_doubtful(tmp_path: Path) -> None:
    group = {"question": "Who held it?", "passages": [{"header": "", "text": "ISIS held it.", "answers": [[0, 4]]}]}
    (tmp_path / "groups.jsonl").write_text(json.dumps(group) + "\n")
    paragraph = {"context": "ISIS held it.", "qas": [{"question": "Who?", "answers": [SAID]}]}
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"title": "T", "paragraphs": [paragraph]}]}))
    (doubtful,), (sure,) = (read(tmp_path / name, PIECES) for name in ("groups.jsonl", "squad.json"))
    assert collate([sure, doubtful], PIECES).doubtful.tolist() == [False, True]
    shown = [e for batch in epoch([doubtful, sure], masks=0.5) for e in batch]
    assert {e.text: e.doubtful for e in shown} == {"Who held it?": True, "Who?": False}


SAID = {"text": "ISIS", "answer_start": 0}


def test_questions_of_like_length_are_together() -> None:
    waste = [
        sum(rows_and_longest(batch)[1] - len(p.ids) for e in batch for p in e.passages) / len(batch)
        for batch in epoch(questions(600), negatives=0.0)
    ]
    assert sum(waste) / len(waste) < 40


def test_the_seed_makes_the_epoch() -> None:
    given_ = questions(150)
    assert epoch(given_, 1) == epoch(given_, 1)
    assert epoch(given_, 1) != epoch(given_, 2)
    orders = [[e.text for batch in epoch(given_, seed) for e in batch] for seed in (1, 2)]
    assert orders[0] != orders[1]


def test_batches_do_not_go_by_length() -> None:
    longest = [rows_and_longest(batch)[1] for batch in epoch(questions(500))]
    assert longest != sorted(longest)


def test_what_was_given_is_not_changed() -> None:
    given_ = questions(60)
    epoch(given_, negatives=1.0)
    assert given_ == questions(60)


def sources(example: Example) -> list[int]:
    """The numbers of the examples that the passages come from."""
    return [passage.ids[0] // 1000 for passage in example.passages]


def number(example: Example) -> int:
    return int(example.text.rsplit(" ", 1)[1])


def test_wrong_passages_have_no_gold_and_right_ones_keep_theirs() -> None:
    kinds: Counter[tuple[bool, ...]] = Counter()
    peers: Counter[bool] = Counter()
    for batch in epoch(questions(600), negatives=1.0):
        for example in batch:
            mine = [source == number(example) for source in sources(example)]
            kinds[tuple(mine)] += 1
            for own, source, passage in zip(mine, sources(example), example.passages, strict=True):
                assert bool(passage.gold) == own
                if own:
                    assert [(passage.ids[a] % 1000, passage.ids[b] % 1000) for a, b in passage.gold] == [(5, 7)]
                else:
                    peers[source % 5 == number(example) % 5] += 1
    assert set(kinds) == {(True,), (False,), (True, False)}
    assert kinds[(True,)] < 20
    assert 0.4 < kinds[(False,)] / 600 < 0.6
    assert 0.65 < peers[True] / peers.total() < 0.85  # of the same article, or one of five by chance


def test_the_share_of_wrong_passages_is_as_asked() -> None:
    for share in (0.0, 0.3):
        drawn = [sources(e) == [number(e)] for batch in epoch(questions(800), negatives=share) for e in batch]
        assert abs(drawn.count(False) / 800 - share) < 0.05


def test_questions_with_several_passages_get_no_other() -> None:
    for batch in epoch(questions(100, passages=3), negatives=1.0):
        for example in batch:
            assert sources(example) == [3 * number(example) + p for p in range(3)]
            assert [bool(passage.gold) for passage in example.passages] == [True, False, False]


def test_passages_are_cut_to_the_lengths_asked_for() -> None:
    before = {passage.ids[0] // 1000: len(passage.ids) for e in questions(300) for passage in e.passages}
    lengths = Counter()
    for batch in epoch(questions(300), crop=(100, 200), negatives=0.0):
        for example in batch:
            (passage,) = example.passages
            whole = before[passage.ids[0] // 1000]
            assert min(whole, 100) <= len(passage.ids) <= min(whole, 200)
            assert [(passage.ids[a] % 1000, passage.ids[b] % 1000) for a, b in passage.gold] == [(5, 7)]
            lengths[len(passage.ids)] += 1
    assert len(lengths) > 50


def test_some_passages_come_without_header_and_some_questions_with_a_typo() -> None:
    drawn = [example for batch in epoch(questions(900)) for example in batch]
    bare = [not any(passage.header for passage in example.passages) for example in drawn]
    assert 0.25 < sum(bare) / len(drawn) < 0.35
    assert all(bare_ or all(p.header == [1, 2, 3] for p in e.passages) for bare_, e in zip(bare, drawn, strict=True))
    changed = [example for example in drawn if example.question != PIECES.ids([example.text])[0]]
    assert 0.02 < len(changed) / len(drawn) < 0.08


def test_widths_are_few() -> None:
    assert [padded(length) for length in (1, 16, 17, 240, 241)] == [16, 16, 32, 240, 256]
    assert collate([grouped("Who won?", (HEAD, BODY, []))], PIECES).ids.shape[1] % 16 == 0
