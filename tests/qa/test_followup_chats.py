"""What reporters ask after an answer, and how it is understood: each table is one exchange and what may follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from qa.answer import Exchange
from qa.followup import in_full, leans
from qa.kinds import could_be

AS_OF = date(2019, 11, 2)


def exchange(question: str, answer: str | None, *names: str) -> Exchange:
    return Exchange(
        question=question,
        names=names,
        answer=answer,
        first_published=date(2017, 11, 12),
        last_published=date(2017, 11, 13),
    )


HOLDS = exchange("Who holds Albu Kamal?", "ISIS", "Albu Kamal")
SMALL = exchange("who holds albu kamal?", "ISIS", "albu kamal")
ARMY = exchange("Who holds Raqqa?", "Syrian army and its allies", "Raqqa")
BRITAIN = exchange("Who is prime minister of Britain?", "Boris Johnson", "Britain")
ZIMBABWE = exchange("Who is president of Zimbabwe?", "Robert Mugabe", "Zimbabwe")
IRAQ = exchange("Who is prime minister of Iraq?", "Prime Minister Haider al-Abadi", "Iraq")
NOBODY = exchange("Who is president of Germany?", None, "Germany")
SINAI = exchange("How many people were killed in the Sinai mosque attack?", "305", "Sinai")
QUAKE = exchange("How many people died in the earthquake in Mexico City?", "200", "Mexico City")
BOYS = exchange("How many boys were rescued from the Thai cave?", "twelve", "Thai")
CUP = exchange("Who won the World Cup in 2018?", "France", "World Cup")
CRICKET = exchange("Who won the Cricket World Cup?", "England", "Cricket World Cup")
NOBEL = exchange("Who won the Nobel Prize in literature in 2017?", "Kazuo Ishiguro", "Nobel Prize")
BORN = exchange("Where was Kazuo Ishiguro born?", "Nagasaki", "Kazuo Ishiguro")
HARIRI = exchange("What did Hariri do?", "announced", "Hariri")
WHERE = exchange("Where was Hariri?", "Lebanon", "Hariri")
WHO = exchange("Who is Emmerson Mnangagwa?", "Mr. Mugabe", "Emmerson Mnangagwa")
MET = exchange("When did Theresa May meet Donald Trump?", "January 2017", "Theresa May", "Donald Trump")
TOLD = exchange("What did Trump say to Merkel?", None, "Trump", "Merkel")
SIGNED = exchange("What did Trump and Kim sign?", "short declaration", "Trump", "Kim")
SIGNING = exchange("Where did Trump and Kim sign it?", "Singapore", "Trump", "Kim")
SOCHI = exchange("Who met Putin in Sochi?", "Russia, Iran and Turkey", "Putin", "Sochi")
LED = exchange(
    "When was it that Russia, Iran and Turkey met Putin in Sochi?", "Wednesday", "Russia", "Iran", "Turkey", "Putin"
)
VISIT = exchange("When did Putin visit Kyiv?", "in May", "Putin", "Kyiv")
ENGAGED = exchange("When was Prince Harry engaged?", "spring of 2018", "Harry")
KHASHOGGI = exchange("Where was Jamal Khashoggi killed?", "Istanbul", "Jamal Khashoggi")
GERMAN = exchange("Who won the German election?", "Angela Merkel", "German")
CAPTURED = exchange("What did the Syrian army capture on 9 November 2017?", "Albu Kamal", "Syrian")
WAVES = exchange("Who discovered gravitational waves?", "Rainer Weiss, Barry Barish and Kip Thorne")
CASSINI = exchange("When did Cassini plunge into Saturn?", "15 September 2017", "Cassini", "Saturn")
HARVEY = exchange("Where did Hurricane Harvey come ashore?", "Rockport, Texas", "Hurricane Harvey")
MARIA = exchange("How strong was Hurricane Maria?", None, "Hurricane Maria")
KENYA = exchange("Who won the election in Kenya?", None, "Kenya")
COUP = exchange("What happened in Zimbabwe?", "coup", "Zimbabwe")
LOST = exchange("Did ISIS lose Albu Kamal?", None, "ISIS", "Albu Kamal")
VEGAS = exchange("How many people were killed in Las Vegas?", "58", "Las Vegas")
PARIS = exchange("What burned in Paris?", "cathedral of Notre-Dame", "Paris")
SUMMIT = exchange("Where was the summit held?", "Da Nang, Vietnam")
CLAIM = exchange("Who said so about ISIS?", "Haider al-Abadi", "ISIS")
END = exchange("Who announced the end of the war against ISIS?", "Haider al-Abadi", "ISIS")
FALL = exchange("When did Raqqa fall?", "June", "Raqqa")
ELECTION = exchange("When is the general election in Britain?", "12 December", "Britain")

BEFORE, AFTER = "before 12 November 2017", "after 13 November 2017"


def rows_of(tables: Mapping[str, Sequence[tuple[object, ...]]]) -> list[object]:
    return [pytest.param(*row, id=f"{kind}: {row[1]}") for kind, rows in tables.items() for row in rows]


UNDERSTOOD = {
    "time": [
        (HOLDS, "since when?", "Since when does ISIS hold Albu Kamal?"),
        (HOLDS, "when was that?", "Since when does ISIS hold Albu Kamal?"),
        (HOLDS, "What day was that?", "Since what day does ISIS hold Albu Kamal?"),
        (HOLDS, "for how long?", "For how long does ISIS hold Albu Kamal?"),
        (SMALL, "since when?", "Since when does ISIS hold albu kamal?"),
        (BRITAIN, "since when?", "Since when is Boris Johnson prime minister of Britain?"),
        (SINAI, "when was that?", "When were people killed in the Sinai mosque attack?"),
        (SINAI, "on what day?", "On what day were people killed in the Sinai mosque attack?"),
        (QUAKE, "when did it happen?", "When was it that people died in the earthquake in Mexico City?"),
        (HARIRI, "When?", "When did Hariri do that?"),
        (HARVEY, "when exactly?", "When exactly did Hurricane Harvey come ashore?"),
        (LOST, "when?", "When did ISIS lose Albu Kamal?"),
        (COUP, "when?", "When did it happen in Zimbabwe?"),
        (CAPTURED, "when?", "When did the Syrian army capture Albu Kamal on 9 November 2017?"),
    ],
    "other question words": [
        (ARMY, "why?", "Why do the Syrian army and its allies hold Raqqa?"),
        (HOLDS, "but why?", "Why does ISIS hold Albu Kamal?"),
        (SINAI, "in which country?", "In which country were people killed in the Sinai mosque attack?"),
        (WHERE, "why?", "Why was Hariri in Lebanon?"),
        (SIGNED, "where?", "Where did Trump and Kim sign it?"),
        (NOBEL, "what for?", "Why was it that Kazuo Ishiguro won the Nobel Prize in literature in 2017?"),
        (ENGAGED, "To whom?", "To whom was Prince Harry engaged?"),
        (FALL, "to whom?", "To whom did Raqqa fall?"),
        (KHASHOGGI, "And by whom?", "By whom was Jamal Khashoggi killed?"),
        (CAPTURED, "From whom?", "From whom did the Syrian army capture Albu Kamal on 9 November 2017?"),
        (SINAI, "who did it?", "Who killed people in the Sinai mosque attack?"),
        (SINAI, "by whom?", "Who killed people in the Sinai mosque attack?"),
        (HOLDS, "Who else?", "Who else holds Albu Kamal?"),
    ],
    "who says so": [
        (HOLDS, "Is that confirmed?", "Is it confirmed that ISIS holds Albu Kamal?"),
        (HOLDS, "Who confirmed that?", "Who confirmed that ISIS holds Albu Kamal?"),
        (SINAI, "who said that?", "Who said that 305 people were killed in the Sinai mosque attack?"),
        (HOLDS, "What did Merkel say about it?", "What did Merkel say about Albu Kamal?"),
    ],
    "another time": [
        (BRITAIN, "And before him?", f"Who was prime minister of Britain {BEFORE}?"),
        (BRITAIN, "who was it before him?", f"Who was prime minister of Britain {BEFORE}?"),
        (BRITAIN, "And after him?", f"Who is prime minister of Britain {AFTER}?"),
        (ZIMBABWE, "And who was it before?", f"Who was president of Zimbabwe {BEFORE}?"),
        (ZIMBABWE, "and before?", f"Who was president of Zimbabwe {BEFORE}?"),
        (HOLDS, "before that?", f"Who holds Albu Kamal {BEFORE}?"),
        (HOLDS, "who was it in 2014?", "Who holds Albu Kamal in 2014?"),
        (HOLDS, "What about 2016?", "Who holds Albu Kamal in 2016?"),
        (HOLDS, "last year?", "Who holds Albu Kamal last year?"),
        (HOLDS, "and now?", "Who holds Albu Kamal now?"),
        (NOBEL, "and the year before?", "Who won the Nobel Prize in literature in 2016?"),
        (CUP, "the year after?", "Who won the World Cup in 2019?"),
        (HOLDS, "what happened next?", f"What happened with Albu Kamal {AFTER}?"),
    ],
    "another name": [
        (HOLDS, "in Mosul?", "Who holds Mosul?"),
        (SMALL, "and raqqa?", "Who holds raqqa?"),
        (NOBEL, "And in physics?", "Who won the Nobel Prize in physics in 2017?"),
        (NOBEL, "and chemistry?", "Who won the Nobel Prize in chemistry in 2017?"),
        (NOBEL, "And the Booker Prize?", "Who won the Booker Prize in 2017?"),
        (CUP, "And the Rugby World Cup?", "Who won the Rugby World Cup in 2018?"),
        (GERMAN, "And the French election?", "Who won the French election?"),
        (CAPTURED, "and the Iraqi army?", "What did the Iraqi army capture on 9 November 2017?"),
        (SINAI, "and in Texas?", "How many people were killed in Texas?"),
        (MET, "And Emmanuel Macron?", "When did Theresa May meet Emmanuel Macron?"),
        (VISIT, "And Angela Merkel?", "When did Angela Merkel visit Kyiv?"),
    ],
    "he and she": [
        (WHERE, "Who killed his father?", "Who killed Hariri's father?"),
        (HARIRI, "Where was he?", "Where was Hariri?"),
        (WHO, "When was he dismissed?", "When was Emmerson Mnangagwa dismissed?"),
        (MET, "What did he say?", "What did Donald Trump say?"),
        (BRITAIN, "Did Trump congratulate him?", "Did Trump congratulate Boris Johnson?"),
        (BRITAIN, "what about his wife?", "What about Boris Johnson's wife?"),
        (MET, "And who succeeded her?", "Who succeeded Theresa May?"),
    ],
    "they": [
        (SIGNING, "When did they meet?", "When did Trump and Kim meet?"),
        (LED, "what did they discuss?", "What did Russia, Iran and Turkey discuss?"),
        (BOYS, "how long were they trapped?", "How long were the boys rescued from the Thai cave trapped?"),
        (SINAI, "were they Sufis?", "Were the people killed in the Sinai mosque attack Sufis?"),
        (ARMY, "how did they take it?", "How did the Syrian army and its allies take Raqqa?"),
    ],
    "it and there": [
        (CASSINI, "how long was it there?", "How long was Cassini in Saturn?"),
        (QUAKE, "how strong was it?", "How strong was the earthquake in Mexico City?"),
        (CRICKET, "where was it played?", "Where was the Cricket World Cup played?"),
        (KENYA, "Was it rerun?", "Was the election in Kenya rerun?"),
        (CUP, "where was it held?", "Where was the World Cup in 2018 held?"),
        (SUMMIT, "who else was there?", "Who else was in Da Nang, Vietnam?"),
        (HOLDS, "When did ISIS lose it?", "When did ISIS lose Albu Kamal?"),
        (END, "when did he announce it?", "When did Haider al-Abadi announce the end of the war against ISIS?"),
        (SINAI, "who claimed it?", "Who claimed the Sinai mosque attack?"),
    ],
    "what it is about": [
        (CUP, "Who was the captain?", "Who was the captain, the World Cup in 2018?"),
        (QUAKE, "How many were hurt?", "How many were hurt, the earthquake in Mexico City?"),
        (FALL, "how long did the battle last?", "How long did the battle last, Raqqa?"),
        (ELECTION, "what do the polls say?", "What do the polls say about the general election in Britain?"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("before", "asked", "full"), rows_of(UNDERSTOOD))
def test_it_is_understood(before: Exchange, asked: str, full: str) -> None:
    assert in_full(asked, before, AS_OF) == full


LEFT = {
    # Who or what is meant is not there, or could be two.
    "unclear": [
        (BRITAIN, "When did she take office?"),
        (BRITAIN, "what is her party?"),
        (BRITAIN, "Before her?"),
        (BRITAIN, "Who are they?"),
        (BRITAIN, "and the year before?"),
        (NOBODY, "and who was president before him?"),
        (TOLD, "What did she say?"),
        (TOLD, "What did he say?"),
        (KHASHOGGI, "Where was she?"),
        (SINAI, "How old is she?"),
        (VEGAS, "is he alive?"),
        (WAVES, "When were they first recorded?"),
        (ENGAGED, "where will they live?"),
        (BORN, "And in physics?"),
        (HOLDS, "What about the Syrian army?"),
        (HOLDS, "and Angela Merkel?"),
        (MARIA, "what about Florida?"),
        (GERMAN, "what about the far right?"),
        (GERMAN, "and in Austria?"),
        (CLAIM, "And Russia?"),
        (VEGAS, "why did he do it?"),
    ],
    # Its pronouns stand for something in itself, or for nothing.
    "a question of its own": [
        (HOLDS, "What office retailer plans to keep its stores closed on Thanksgiving?"),
        (HOLDS, "Which country said it will ban smoking on beaches?"),
        (HOLDS, "Which tech company is moving forward with its plan to delete accounts?"),
        (HOLDS, "Why did the Duffer brothers have a lawsuit filed against them in the United States this year?"),
        (HOLDS, "A hit song won big at the Country Music Awards. Which was it?"),
        (HOLDS, "As it shrinks, the moon actively produces what?"),
        (HOLDS, "How long has it been since Disney opened the park?"),
        (HOLDS, "Was it ever imagined that Uber would supply aircraft rides?"),
        (HOLDS, "How many chapters are there in the new documentary?"),
        (BRITAIN, "Who admitted to lying about his interactions with the ambassador?"),
        (BRITAIN, "Who shattered his Cadillac?"),
        (BRITAIN, "How did He Jiankui edit human embryos?"),
        (BRITAIN, "Where did President Trump return for his first rally since the Senate acquitted him?"),
        (MET, "Which politician announced this week that she’s running for president in 2024?"),
        (BRITAIN, "Which royal couple is reportedly taking a break from their duties during the holiday season?"),
    ],
    "a change of topic": [
        (HOLDS, "Who won the World Cup in 2018?"),
        (HOLDS, "And what is the capital of Japan?"),
        (HOLDS, "And who leads the Syrian army?"),
        (HOLDS, "so who controls the border crossing?"),
        (HOLDS, "Is it raining in Paris?"),
        (HOLDS, "What happened on 5 October 2017?"),
        (HOLDS, "Tell me about the Nobel Prize in medicine"),
        (CUP, "Who is prime minister of Iraq?"),
        (HOLDS, "Did ISIS claim responsibility?"),
        (HOLDS, "thanks"),
        (HOLDS, "really?"),
    ],
}


@pytest.mark.parametrize(("before", "asked"), rows_of(LEFT))
def test_it_is_left_as_asked(before: Exchange, asked: str) -> None:
    assert in_full(asked, before, AS_OF) == asked


@pytest.mark.parametrize(
    ("question", "does"),
    [
        ("since when?", True),
        ("And the Iraqi army?", True),
        ("by whom?", True),
        ("Who lost its licence in Rome?", False),
    ],
)
def test_which_lean_on_another(question: str, does: bool) -> None:
    assert leans(question, AS_OF) is does


@pytest.mark.parametrize(
    ("name", "he", "she"),
    [
        ("Boris Johnson", True, False),
        ("Prime Minister Haider al-Abadi", True, False),
        ("Mrs. May", False, True),
        ("Emmerson Mnangagwa", True, True),
        ("Lebanon", False, False),
        ("the United States", False, False),
        ("ISIS", False, False),
        ("Syrian Democratic Forces", False, False),
        ("World Cup", False, False),
        ("Barry Barish and Kip Thorne", False, False),
        ("children", False, False),
    ],
)
def test_who_he_or_she_may_be(name: str, he: bool, she: bool) -> None:
    assert (could_be(name, "he"), could_be(name, "she")) == (he, she)
