from hypothesis import given, settings
from hypothesis import strategies as st

from web.highlight import MAX_PARAGRAPHS, Piece, paragraphs

TEXTS = st.text(alphabet=st.sampled_from("ab \n\r\u202eé😀"), max_size=60)


@st.composite
def text_and_spans(draw):
    text = draw(TEXTS.filter(bool))

    def span():
        start = draw(st.integers(0, len(text) - 1))
        return draw(st.one_of(st.none(), st.just((start, draw(st.integers(start + 1, len(text)))))))

    return text, span(), span()


@given(text_and_spans())
@settings(max_examples=200)
def test_joined_pieces_give_the_text_back_and_marks_cover_the_spans(case):
    text, quote, answer = case
    pieces = [piece for paragraph in paragraphs(text, quote, answer) for piece in paragraph]
    assert "".join(piece.text for piece in pieces) == text
    marked = "".join(piece.text for piece in pieces if piece.kind == "answer")
    assert marked == (text[slice(*answer)] if answer else "")
    assert sum(piece.hit for piece in pieces) == (1 if answer or quote else 0)
    assert all(piece.text for piece in pieces)


def test_a_quote_with_an_answer_in_it():
    text = "One.\nHe said Ann won.\nEnd."
    assert paragraphs(text, (5, 21), (13, 16)) == [
        [Piece("One.\n", "text")],
        [
            Piece("He said ", "quote"),
            Piece("Ann", "answer", hit=True),
            Piece(" won.", "quote"),
            Piece("\n", "text"),
        ],
        [Piece("End.", "text")],
    ]


def test_a_span_across_paragraphs_is_marked_in_each():
    assert [[p.kind for p in paragraph] for paragraph in paragraphs("ab\ncd", (1, 4), None)] == [
        ["text", "quote"],
        ["quote", "text"],
    ]


@given(text_and_spans(), st.lists(st.integers(0, 60), max_size=8, unique=True).map(sorted))
def test_places_found_are_counted_where_they_begin_and_yield_to_the_answer(case, bounds):
    text, quote, answer = case
    found = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False) if b <= len(text)]
    pieces = [piece for paragraph in paragraphs(text, quote, answer, found) for piece in paragraph]
    assert "".join(piece.text for piece in pieces) == text
    places = set().union(*(range(*span) for span in found)) - set(range(*(answer or (0, 0))))
    assert "".join(piece.text for piece in pieces if piece.kind == "found") == "".join(text[i] for i in sorted(places))
    begun = [number for number, (start, _) in enumerate(found, start=1) if start in places]
    assert [piece.place for piece in pieces if piece.place] == begun


def test_a_text_of_very_many_lines_has_its_lines_share_paragraphs():
    text = "\n".join(f"line {i}" for i in range(3 * MAX_PARAGRAPHS + 1))
    cut = paragraphs(text, (10, 12))
    assert MAX_PARAGRAPHS / 2 < len(cut) <= MAX_PARAGRAPHS
    assert "".join(piece.text for paragraph in cut for piece in paragraph) == text


def test_nothing_in_nothing_out():
    assert paragraphs("") == []
