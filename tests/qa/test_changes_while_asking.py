"""Articles come, change and go while questions are asked: each answer is of the archive before a change or after it."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from qa_fakes import add, all_citations, assert_offsets_hold, engine, open_archive

from index.article import Selection
from index.formats import Defaults
from index.formats.record import to_article
from qa.answer import Ask

PIER = "Who runs the old ferry pier in Port Ellery?"
THREADS, SECONDS = 8, 6
TOWNS = ("Ellery", "Tarn", "Osk", "Mirren", "Quay", "Holm")


def report(key: str, edition: int = 1) -> dict[str, str]:
    """An article of a key; each edition has words of its own."""
    town = TOWNS[int(key) % len(TOWNS)]
    text = f"The {town} council met on Friday. Company {edition} runs lighthouse number{key} now, it said."
    return {
        "id": key, "title": f"Lighthouse of {town}", "text": text, "source": f"Source {town}",
        "published": f"2017-11-{int(key) % 28 + 1:02}", "updated": f"2018-01-{edition:02}",
    }  # fmt: skip


def pier(edition: int) -> dict[str, str]:
    """The one article on the pier, which is never gone."""
    text = f"Operator {edition} runs the old ferry pier in Port Ellery, the harbour board said."
    return {
        "id": "pier",
        "text": text,
        "published": "2017-11-03",
        **({"updated": f"2018-02-{edition:02}"} if edition > 1 else {}),
    }


QUESTIONS = [
    Ask(question=PIER),
    Ask(question=PIER, as_of=date(2017, 12, 1)),
    *(Ask(question=f"Which company runs lighthouse number{n} now?") for n in range(1, 60)),
    Ask(question="Which company runs the Holm lighthouse?", as_of=date(2017, 11, 20)),
]


class Changing:
    """An archive under change, and what is known of it at each moment."""

    def __init__(self, archive, seconds=SECONDS):
        self.archive, self.qa = archive, engine(archive)
        self.gone: set[str] = set()  # base ids whose removal is over, for good
        self.stopped = threading.Event()
        self.seconds = seconds

    def change(self):
        """Rounds of additions, changes and removals, until the time is over; the questions stop with it."""
        chance = random.Random(7)
        edition, end, left = 1, time.monotonic() + self.seconds, [str(n) for n in range(1, 400)]
        try:
            while time.monotonic() < end and edition < 27:
                edition += 1
                keys = chance.sample(left, 50)
                add(self.archive, [pier(edition), *(report(key, edition) for key in keys)])
                left = [key for key in left if key not in keys[:10]]
                removed = [base_id(report(key)) for key in keys[:10]]
                self.archive.remove(removed)
                self.gone |= set(removed)
        finally:
            self.stopped.set()

    def ask(self, seed: int) -> int:
        """Asks until stopped; returns how often."""
        chance, asked = random.Random(seed), 0
        while not self.stopped.is_set():
            gone = set(self.gone)
            question = chance.choice(QUESTIONS)
            response = self.qa.ask(question)
            self.archive.info(), self.archive.source_names()
            self.check(question, response, gone)
            asked += 1
        return asked

    def check(self, question, response, gone):
        passages = [passage.article_id for passage in response.passages]
        bases = [article_id.split(".")[0] for article_id in dict.fromkeys(passages)]
        assert len(bases) == len(set(bases)), "two versions of one article"
        cited = {citation.article_id.split(".")[0] for citation in all_citations(response)}
        assert not (cited | set(bases)) & gone, "an article that was removed"
        assert not set(passages) & set(self.archive.catalog.in_state("pending")), "an article half indexed"
        if question.question == PIER:
            assert response.answer, "the pier's article is never gone"
            assert base_id(pier(1)) in cited


def base_id(record) -> str:
    return to_article(record, Defaults()).base_id


@pytest.mark.slow
def test_every_answer_is_of_one_moment(tmp_path):
    archive = open_archive(tmp_path / "changing", [pier(1), *(report(str(n)) for n in range(1, 60))])
    with archive, ThreadPoolExecutor(THREADS) as threads:
        changing = Changing(archive)
        asking = [threads.submit(changing.ask, seed) for seed in range(THREADS)]
        changing.change()
        assert sum(future.result() for future in asking) > THREADS
        assert not any(archive.verify().values())
        assert archive.info()["pending"] == 0
        with open_archive(tmp_path / "fresh", list(archive.export())) as fresh:
            for number in range(1, 60):
                assert found(archive, number) == found(fresh, number)
            for question in QUESTIONS:
                assert_offsets_hold(archive, changing.qa.ask(question))
            assert changing.qa.ask(QUESTIONS[0]).coverage == engine(fresh).ask(QUESTIONS[0]).coverage


def found(archive, number):
    """What both indexes hold of one lighthouse: base ids with cosines, and the texts."""
    vector = archive.encoder.encode_queries([f"lighthouse number{number}"])[0]
    dense = archive.search_dense(vector, Selection(), 20)
    lexical = archive.search_lexical([f"number{number}"], Selection(), 20)
    texts = [passage.text for passage in archive.passages([passage_id for passage_id, _ in (*dense, *lexical)])]
    return [(passage_id.split(":")[0].split(".")[0], round(cosine, 4)) for passage_id, cosine in dense], texts
