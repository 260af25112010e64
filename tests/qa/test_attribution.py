"""Who says so, what hedges it, whether it is quoted: sentences as British and American papers write them."""

from __future__ import annotations

import time

import pytest

from qa.attribution import hedges, in_quotation, speaker


def said_by(sentence: str) -> str | None:
    found = speaker(sentence)
    if found is None:
        return None
    assert 0 <= found[0] < found[1] <= len(sentence)
    words = sentence[slice(*found)]
    assert words == words.strip()
    return words


def words_of(sentence: str) -> list[str]:
    return [sentence[a:b] for a, b in hedges(sentence)]


# --- speakers

SPEAKER_FIRST = [
    ("The Ministry of Defence said on Friday that the town had fallen.", "The Ministry of Defence"),
    ("Iraqi forces have entered the town, the Ministry of Defence said.", "the Ministry of Defence"),
    ("The president said he would sign the bill.", "The president"),
    ("Police said three people had been arrested.", "Police"),
    ("Sarah Huckabee Sanders told reporters that the visit would go ahead.", "Sarah Huckabee Sanders"),
    ("Haider al-Abadi announced the victory in Baghdad on Saturday.", "Haider al-Abadi"),
    ("The U.S. State Department says it is aware of the reports.", "The U.S. State Department"),
    ("St. Louis police say the man fled on foot.", "St. Louis police"),
    ("Mr. Johnson denied that he had misled Parliament.", "Mr. Johnson"),
    ("Dr. Anthony Fauci has repeatedly warned that cases would rise.", "Dr. Anthony Fauci"),
    ("The army has since confirmed that two soldiers were killed.", "The army"),
    ("The prime minister on Tuesday told parliament that talks had failed.", "The prime minister"),
    ("Residents told Reuters that shelling went on all night.", "Residents"),
    ("Health officials reported 12 new cases on Monday.", "Health officials"),
    ("State media reported that the last fighters had gone.", "State media"),
    ("Meanwhile, the Kremlin said that no decision had been taken.", "the Kremlin"),
    ("But the governor said the order would stand.", "the governor"),
    ("On Monday, Hezbollah claimed that it had shot down a drone.", "Hezbollah"),
    ("In 2016 the company acknowledged that emissions data had been falsified.", "the company"),
    ("O’Neill said the result was a disappointment.", "O’Neill"),
    ("Angela Merkel later said that she regretted the vote.", "Angela Merkel"),
    ("Downing Street declared the matter closed.", "Downing Street"),
    ("Two officials familiar with the talks said a deal was close.", "Two officials familiar with the talks"),
    ("A spokeswoman for the ministry said the figures were wrong.", "A spokeswoman for the ministry"),
    ("The Syrian Observatory for Human Rights confirmed that the group had gone.",
     "The Syrian Observatory for Human Rights"),
    ("Researchers at the University of Leeds estimated that a third of the ice was lost.",
     "Researchers at the University of Leeds"),
]  # fmt: skip

INVERTED = [
    ("“The town is ours,” said General Ali Maykhoub.", "General Ali Maykhoub"),
    ('"We will not leave," said Ann Lee, a teacher.', "Ann Lee"),
    ("‘It was chaos,’ said one witness, who asked not to be named.", "one witness"),
    ("“Is this the end?” asked the host, but “No,” said Mr. Putin.", "Mr. Putin"),
    ("The talks had failed, said the foreign minister.", "the foreign minister"),
    ("The vote will be repeated, says the electoral commission.", "the electoral commission"),
    ("“It’s over,” says Ann.", "Ann"),
    ("The fire began in the attic, according to the fire brigade.", "the fire brigade"),
    ("It was a lie, the coach said.", "the coach"),
    ("It rained all week, the mayor said on Monday.", "the mayor"),
    ("“Yes,” she told Reuters, according to Ann Lee.", "Ann Lee"),
]

ACCORDING = [
    ("According to the Syrian Observatory for Human Rights, the town has fallen.",
     "the Syrian Observatory for Human Rights"),
    ("Hezbollah fought beside the army, according to the Syrian Observatory for Human Rights, while others fled.",
     "the Syrian Observatory for Human Rights"),
    ("At least 75 people died, according to state news agency SANA.", "state news agency SANA"),
    ("Some 40 were hurt, according to a police statement on Sunday.", "a police statement"),
    ("Unemployment fell to 4.1%, according to the U.S. Bureau of Labor Statistics.",
     "the U.S. Bureau of Labor Statistics"),
    ("Reuters reported the deal, citing two people who have seen the documents.", "two people"),
    ("Turnout was 72 per cent, according to figures published by the commission.",
     "figures published by the commission"),
    ("According to Dr. Maria Van Kerkhove of the WHO, the virus is spreading.", "Dr. Maria Van Kerkhove of the WHO"),
    ("The pier was sold, as reported by the Harbour Post.", "the Harbour Post"),
    ("The plane was hit by a missile, according to officials in Kyiv.", "officials in Kyiv"),
    ("It was the largest loss on record, according to analysts at J.P. Morgan.", "analysts at J.P. Morgan"),
]  # fmt: skip

INSERTED = [
    ("The army, the Observatory said, has left the town.", "the Observatory"),
    ("The rebels, according to a UN report, recruited children.", "a UN report"),
    ("“We won,” the captain said, “and we deserved it.”", "the captain"),
    ("“The road,” said Colonel Ahmed, “is open again.”", "Colonel Ahmed"),
    ("The attack, police said, killed four people.", "police"),
    ("Four people, Lebanon’s health ministry said on Friday, were killed.", "Lebanon’s health ministry"),
    ("The bank, which is based in Paris, said on Tuesday it would cut 900 jobs.", "The bank"),
    ("Ann Lee, a spokeswoman for the ministry, said the figures were wrong.", "Ann Lee"),
    ("In a statement on Friday the company said it was sorry.", "the company"),
    ("The company, in a statement, said it was sorry.", "The company"),
    ("Rami Abdel Rahman, who heads the Observatory, told AFP that ISIS had returned.", "Rami Abdel Rahman"),
]

HEADLINES = [
    ("ISIS retakes all of Albu Kamal, monitor says", "monitor"),
    ("Police: Suspect in custody after shooting, sheriff says", "sheriff"),
    ("Iraq retakes Hawija, prime minister says in Paris", "prime minister"),
    ("Syrian army says it has captured last ISIS town", "Syrian army"),
    ("Fauci says booster shots will be needed", "Fauci"),
]


@pytest.mark.parametrize(
    ("sentence", "expected"), [*SPEAKER_FIRST, *INVERTED, *ACCORDING, *INSERTED, *HEADLINES], ids=lambda s: s[:40]
)
def test_a_sentence_says_who_says_so(sentence: str, expected: str) -> None:
    assert said_by(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "The Syrian army and its allies hold Albu Kamal.",
        "He said that the town had fallen.",
        "“The town is ours,” he said.",
        "“The town is ours,” said he.",
        "They have repeatedly denied it.",
        "Hezbollah and Iraqi militias took part in the attack, it said.",
        "The report, which they said was false, was withdrawn.",
        "Who said that the earth is flat?",
        "There is little to be said for the plan.",
        "The city was said to have fallen.",
        "Some 3,000 fighters are said to be left.",
        "What was announced on Friday will be law by May.",
        "The results will be announced on Friday.",
        "The prize was announced in Stockholm.",
        "No deaths were reported.",
        "Some who stayed behind were reported missing.",
        "The ship was reported to have sunk.",
        "75 said yes, 12 said no.",
        "It goes without saying.",
        "As noted above, the figures are provisional.",
        "",
        " ",
        "said",
        "according to",
        "According to him, the town has fallen.",
        "According to them, nobody was hurt.",
        "The dogs were fed according to plan.",
        "Everything went according to schedule.",
        "Money was shared out according to need.",
        "She wrote the novel in Paris.",
    ],
    ids=lambda s: s[:40],
)
def test_nobody_is_named_where_the_sentence_names_nobody(sentence: str) -> None:
    assert said_by(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "never"),
    [
        # Words of a verb of saying that is no saying, or has no speaker before it.
        ("The state of emergency added to the pressure on Mr Barzani.", "The state of emergency"),
        ("The storm claimed 40 lives in Texas.", "The storm"),
        ("Heavy rain in Texas claimed at least 12 lives.", "Heavy rain in Texas"),
        ("Shelling was heaviest in Hajin, where ISIS maintains a headquarters.", "ISIS"),
        # Passive: somebody is told, not telling.
        ("Mr Trump was told of the attack on Sunday.", "Mr Trump"),
        ("Catalonia was declared independent on Friday.", "Catalonia"),
        # What is said is not who says it.
        ("The capture of Albu Kamal, announced on Thursday, was reversed on Friday.", "The capture of Albu Kamal"),
        ("The offensive announced by Baghdad began at dawn.", "The offensive"),
    ],
    ids=lambda s: s[:40],
)
def test_what_does_not_speak_is_no_speaker(sentence: str, never: str) -> None:
    assert said_by(sentence) != never


def test_a_verb_inside_a_quotation_has_its_speaker_outside() -> None:
    sentence = "“The mayor said nothing to us,” said Ann Lee."
    assert said_by(sentence) == "Ann Lee"
    assert said_by("“The mayor said nothing to us.”") is None


def test_quotations_across_sentences_name_the_one_outside() -> None:
    # A paragraph may open a quotation that its sentence does not close.
    assert said_by("Ann Lee said: “We waited for two days.") == "Ann Lee"
    assert said_by("Nobody came,” Ann Lee said.") == "Ann Lee"


def test_the_outer_speaker_is_preferred_or_the_source_quoted() -> None:
    sentence = "The mayor, Bill de Blasio, said: “As Churchill said, ‘never give in.’”"
    assert said_by(sentence) in {"Bill de Blasio", "The mayor", "The mayor, Bill de Blasio"}


def test_offsets_are_into_the_sentence_though_the_speaker_stands_twice() -> None:
    sentence = "The army has left, the army said."
    found = speaker(sentence)
    assert found is not None
    assert sentence[slice(*found)] == "the army"
    assert found[0] == sentence.rindex("the army")


def test_offsets_of_a_speaker_whose_first_word_stands_before() -> None:
    sentence = "As ISIS fled, ISIS said it had won."
    found = speaker(sentence)
    assert found is not None
    assert found[0] == sentence.rindex("ISIS")


@pytest.mark.parametrize(
    "unit",
    ["said ", "a, ", "“", "according to ", "very ", "‘a’b", "Said, on Monday ", "has ", " ", "the army said, ", "A. "],
)
def test_hostile_sentences_take_no_time(unit: str) -> None:
    text = "The " + unit * (6000 // len(unit)) + "said"  # a passage is no longer than that
    start = time.perf_counter()
    speaker(text)
    hedges(text)
    in_quotation(text, len(text) // 2, len(text) // 2 + 3)
    assert time.perf_counter() - start < 2


# --- hedges


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Syrian army reportedly captures desert pumping station", ["reportedly"]),
        ("The reports could not be independently verified.", ["could not be independently verified"]),
        ("The claim could not be verified.", ["claim", "could not be verified"]),
        ("Reuters couldn’t be confirmed", ["couldn’t be confirmed"]),
        ("He allegedly took bribes.", ["allegedly"]),
        ("The group claimed that it had shot down a drone.", ["claimed"]),
        ("Unconfirmed reports speak of dozens of dead.", ["Unconfirmed"]),
        ("As many as 300 may have died.", ["may have"]),
        ("The leader is believed to be hiding in the desert.", ["is believed to"]),
        ("Fighters were said to have left.", ["were said to"]),
        ("If confirmed, it would be the first such case.", ["If confirmed"]),
        ("The suspected gunman fled.", ["suspected"]),
        ("Rumours of a coup spread; US papers wrote of rumors too.", ["Rumours", "rumors"]),
        ("The missile appears to have been fired from Yemen.", ["appears to"]),
        ("The town has not yet been confirmed as taken.", ["has not yet been confirmed"]),
        ("The death toll has not been confirmed.", ["has not been confirmed"]),
        ("It is thought to be the largest ever found.", ["is thought to"]),
        ("The town has fallen.", []),
        ("Theresa May has resigned.", []),
        ("She is to visit in May.", []),
        ("The suspect was arrested.", []),
        ("The army confirmed the loss.", []),
        ("The storm claimed 40 lives.", []),
        ("An unlikely hero emerged.", []),
        ("", []),
    ],
    ids=lambda s: str(s)[:40],
)
def test_hedges(sentence: str, expected: list[str]) -> None:
    assert words_of(sentence) == expected


# --- quotations


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("“The town has fallen to the army,” he said.", "the army", True),
        ('"The town has fallen to the army," he said.', "the army", True),
        ("‘The town has fallen to the army,’ he said.", "the army", True),
        ("‘The town isn’t held by the army’s men,’ he said.", "the army", True),
        ("« La ville est tombée à l'armée », a-t-il dit.", "l'armée", True),
        ("The town has fallen to the army, he said.", "the army", False),
        ("“We won,” said the army on Friday, “and they lost.”", "the army", False),
        ("“We won,” said Ann. “The town has fallen to the army.”", "the army", True),
        ("Its game “Halo” sold well.", "Halo", False),
        ("It won for “Squid Game” in 2022.", "Squid Game", False),
        ("The army’s chief and the navy’s chief met.", "chief and the navy", False),
        ("“Ann told me ‘the army is here’ and ran,” he said.", "the army", True),
        # A quotation that opens and is never closed reaches no further than its paragraph.
        ("“We waited.\n\nThe town has fallen to the army.", "the army", False),
        ('He said "we waited.\n\nThe town fell to the army.\n\nHe said "no" to it.', "the army", False),
        # ... but over several sentences of it.
        ("“We waited. Nobody came. Then the army took the town,” he said.", "the army", True),
        # A quotation of several paragraphs opens each one and closes only the last.
        ("“We waited for days.\n\n“Then the army took the town,” he said.", "the army", True),
        ("“We waited for the army and nobody came.\n\n“Then they did,” he said.", "the army", True),
        # Two quotations, the answer between them.
        ('"We won" and "they lost" are what the army and "the press" say.', "the army", False),
    ],
    ids=lambda s: str(s)[:40],
)
def test_in_quotation(text: str, answer: str, expected: bool) -> None:
    at = text.index(answer)
    assert in_quotation(text, at, at + len(answer)) is expected


def test_in_quotation_at_the_edges_of_the_text() -> None:
    assert in_quotation("army", 0, 4) is False
    assert in_quotation("", 0, 0) is False


@pytest.mark.parametrize(
    "sentence",
    [
        "Production halted at the facility in February after the agency said it had found bacteria.",
        "WASHINGTON – Mexico President Lopez Obrador said he would not come.",
        "It follows said reports of clashes.",
    ],
)
def test_a_clause_is_no_speaker(sentence: str) -> None:
    found = speaker(sentence)
    said = sentence[slice(*found)] if found else ""
    assert not said.startswith(("Production", "WASHINGTON", "It"))
