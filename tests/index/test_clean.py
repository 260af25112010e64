"""What is not the story goes; the story stays, to the letter."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index.article import Article
from index.clean import clean

SEED = Path(__file__).parents[3] / "shared/data/seed/iraqi-forces-seize-syria-border-post.txt"

NOT_STORY = [
    "Do you like this article?",
    "Did you enjoy this article? Yes No",
    "Share this story on Facebook",
    "Please share this article with your friends",
    "Share",
    "Tweet",
    "Advertisement",
    "Related stories:",
    "Read more...",
    "More on this story",
    "Skip to main content",
    "Share on Facebook",
    "Follow us on Twitter for the latest",
    "Click here to read the full report",
    "Sign up for our newsletter",
    "Subscribe now for unlimited access",
    "Subscribe to our newsletter and get breaking news in your inbox",
    "Register for free to read on",
    "Get the day's news delivered straight to your inbox",
    "Download our app",
    "Already a subscriber? Log in",
    "Create a free account to continue",
    "This article is for subscribers only",
    "© 2017 The Daily Post",
    "Copyright 2017 The Associated Press. All rights reserved.",
    "All rights reserved.",
    "Have a news tip? Write to us.",
    "Photo: Ahmad al-Rubaye/AFP",
    "Photo by John Smith",
    "Image courtesy of the ministry",
    "Photo credit: Jane Doe",
    "File photo",
    "(Photo)",
    "Ahmad al-Rubaye/AFP",
    "John Moore / Getty Images",
    "AFP/Getty Images",
    "Reuters",
    "Photos from Reuters.",
    "Photo / Jane Doe",
    "Photo by John Smith for The Daily Post",
    "Share the article via e-mail",
    "Like this story on Facebook",
    "Like this article?",
    "Fighters pose in the desert. [Photo courtesy of Ministry of Defence]",
    "A market in Mosul. [Khalid al-Taie/Diyaruna]",
    "Iraqi forces advance towards al-Qaim on November 2nd as they battle pockets of fighters. [Ahmad al-Rubaye/AFP]",
    "A soldier stands guard near the border post. (AP Photo/Khalid Mohammed)",
    "People walk past a damaged house. (John Moore/Getty Images)",
    "A child waves from a bus. (Photo: Jane Doe)",
]

STORY = [
    "Share prices fell on Friday.",
    "Share prices fell on Friday after the bank's report, and the market closed early.",
    "Shares in the company rose by a tenth.",
    "Shared values matter, the minister said.",
    "Subscribe is what he said.",
    "Subscribers left the newspaper in droves last year.",
    "Subscribe to that view and you will be alone, he warned.",
    "Register as a voter, the commission told citizens, or lose your say.",
    "Registered voters may cast their ballots on Sunday.",
    "Sign up or leave, the general told his men.",
    "Photography is banned in the district.",
    "Photographs from the scene showed burning vehicles, and witnesses spoke of several explosions.",
    "Photo: that was the only word on the sheet of paper which the investigators found in the abandoned apartment on "
    "the edge of the old town, and nobody has been able to say what the man meant by it since then.",
    "Images of the attack spread quickly.",
    "Pictures taken by a satellite show the airfield empty.",
    "Video footage showed the two men running.",
    "Video evidence was played to the jury on Monday.",
    "Credit card firms have raised their fees.",
    "Credit for the rescue belongs to the pilots.",
    "Graphic images were shown in court.",
    "AP reported that the troops had left.",
    "AFP could not verify the claim.",
    "Reuters was first to report the sale.",
    "Bloomberg is running for president.",
    "Bloomberg reported the deal on Monday, citing two people with knowledge of it.",
    "Print media are in decline.",
    "Print is dead, he said.",
    "Save the Children has called for a ceasefire.",
    "Save for one village, the valley is empty.",
    "Comment was not available from the ministry.",
    "Comments by the minister drew criticism.",
    "Advertising revenue fell by a third.",
    "Related companies will be audited too.",
    "Ad sales are up.",
    "Loading of the ship began at dawn.",
    "Read more slowly, the teacher said.",
    "Show more respect, she told him.",
    "Follow us, the soldiers shouted.",
    "Like us, they had lost everything.",
    "Find us a doctor, the crowd demanded.",
    "Email the ministry sent on Friday shows that it knew.",
    "Click chemistry won the Nobel Prize.",
    "Tap water in the city is safe again.",
    "Get out, the guard shouted.",
    "Get rid of the newspapers, the editor was told.",
    "Download speeds have doubled.",
    "Copyright law will change next year.",
    "Enjoying this rare victory, the party took to the streets.",
    "Like this article of the constitution, the next one is disputed, the court wrote in its long opinion on Monday.",
    "Have a heart, he pleaded.",
    "Photos by the army show the airfield empty.",
    "Pictures from the area show burned houses.",
    "Video from the scene shows smoke.",
    "Video/audio recordings were played to the jury.",
    "Like this story, many others ended badly.",
    "Print the story and be damned, the editor said.",
    "The accord names both armies [the regular army and/or its allies].",
    "The ministers voted for the bill [it became law in 2003: see below].",
    "He quoted the rule: take what is yours [either/or].",
    "The court ruled against the firm (see page 3).",
    "The treaty was signed in 1994 [it was amended in 2003].",
    '"He [the minister] lied," she said.',
    "He worked for two agencies (AP and Reuters).",
    "The agency quoted a spokesman (who asked not to be named).",
    "France/Germany",
    "The score was 3/4.",
    "More on this in the next days, the judge said.",
    "Pin the blame on someone else, the report advised.",
    "Bookmark shops along the quay are closing.",
    "Share the burden, the chancellor urged.",
    "Share the page with me, he asked, and she did.",
]  # fmt: skip


def cleaned(text: str) -> Article:
    return clean(Article(title="A title", text=text))


@pytest.mark.parametrize("line", NOT_STORY)
def test_credits_captions_and_prompts_go(line):
    article = cleaned(f"Troops took the town on Friday.\n\n{line}\n\nThey met no resistance.")
    assert article.text == "Troops took the town on Friday.\n\nThey met no resistance."
    assert article.metadata["removed"] == [line]


@pytest.mark.parametrize("line", STORY)
def test_sentences_of_the_story_stay(line):
    text = f"Troops took the town on Friday.\n\n{line}\n\nThey met no resistance."
    assert cleaned(text).text == text


def test_a_clean_article_is_returned_as_it_is():
    article = Article(title="A title", text="Troops took the town.\n\nThey met no resistance.", metadata={"a": 1})
    assert clean(article) is article


def test_what_was_removed_is_kept_beside_other_metadata():
    article = clean(Article(title="t", text="Advertisement\nTroops left.\nShare", metadata={"section": "world"}))
    assert article.text == "Troops left."
    assert article.metadata == {"section": "world", "removed": ["Advertisement", "Share"]}


def test_nothing_but_prompts_leaves_no_text():
    assert cleaned("Share\n\nAdvertisement").text == ""


def test_gaps_close_to_one_blank_line():
    assert cleaned("One.\n\n\n\nAdvertisement\n\n\nTwo.").text == "One.\n\nTwo."


def test_cleaning_twice_changes_nothing_more():
    once = cleaned("Share\n" + "\n\n".join(STORY) + "\n\nPhoto: Jane Doe")
    assert clean(once) is once


@pytest.mark.parametrize(
    ("text", "dateline", "rest"),
    [
        ("BAGHDAD (Reuters) - Troops left.", "BAGHDAD (Reuters)", "Troops left."),
        ("WASHINGTON, Nov. 3 (AP) — The Senate voted.", "WASHINGTON, Nov. 3 (AP)", "The Senate voted."),
        ("AL-QAIM, Iraq (AFP) – Troops left.", "AL-QAIM, Iraq (AFP)", "Troops left."),
        ("NEW YORK (AP) -- Stocks rose.", "NEW YORK (AP)", "Stocks rose."),
    ],
)
def test_the_dateline_is_set_apart(text, dateline, rest):
    article = cleaned(text)
    assert article.text == rest
    assert article.metadata["dateline"] == dateline


@pytest.mark.parametrize(
    "text",
    [
        "NATO (the alliance) - and Russia - disagree.",
        "The AP (Associated Press) - an agency - said so.",
        "Troops left.\n\nBAGHDAD (Reuters) - Troops came.",
        "BAGHDAD (Reuters) -",
    ],
)
def test_what_only_looks_like_a_dateline_stays(text):
    assert cleaned(text).text == text


def test_the_seed_article_keeps_its_story_only():
    if not SEED.exists():
        pytest.skip(f"the seed article is not at {SEED}")
    raw = SEED.read_text(encoding="utf-8")
    paragraphs = [line for line in raw.split("\n") if line]
    caption, prompt = paragraphs[1], paragraphs[-1]
    assert caption.endswith("[Ahmad al-Rubaye/AFP]")
    assert prompt == "Do you like this article?"
    article = clean(Article(title=paragraphs[0], text="\n\n".join(paragraphs[1:])))
    assert article.text == "\n\n".join(paragraphs[2:-1])
    assert article.metadata["removed"] == [caption, prompt]


HOSTILE = {
    "open brackets": "[" * 1_000_000,
    "open round brackets": "(" * 1_000_000,
    "slashes": "a/" * 500_000,
    "credit words": "photo " * 160_000,
    "prompt words": "share this story " * 60_000,
    "capitals": "A" * 1_000_000,
    "names": "Aa. " * 250_000,
    "blanks": "Share" + " " * 1_000_000 + "x",
    "near captions": "(AP/" * 250_000,
    "dots": "a. [x/y]" + "." * 1_000_000 + "z",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("width", [1_000_000, 600, 160], ids=["one line", "caption lines", "prompt lines"])
def test_hostile_megabytes_are_cleaned_in_good_time(text, width):
    lines = "\n".join(text[i : i + width] for i in range(0, len(text), width))
    began = time.monotonic()
    cleaned(lines)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_long_lines_are_story_whatever_they_say(text):
    assert cleaned(f"Start.\n{text}\nEnd.").text == f"Start.\n{text}\nEnd."
