"""What is not the story: photo credits, captions, share and subscribe prompts, datelines.

Only whole lines are taken out, and only short ones that match a known form, because losing a sentence of
the story is worse than keeping an advertisement. What was taken out is kept in `metadata["removed"]`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from index.article import Article

# A line longer than this is taken to be a paragraph of the story, whatever it says (captions excepted).
PROMPT_CHARS = 160
CAPTION_CHARS = 600

_AGENCY = (
    r"(?:AFP|AP|Reuters|EPA(?:-EFE)?|EFE|DPA|Getty(?: Images)?|Xinhua|TASS|Anadolu(?: Agency)?|PA(?: Media| Wire)?"
    r"|Shutterstock|Alamy|Bloomberg|iStock|USA TODAY(?: Sports)?|Zuma(?: Press)?)"
)

_PROMPTS = re.compile(
    r"""^\W*(?:
      (?:please\s+)?(?:share|tweet|e-?mail|print|bookmark|pin)\s+this\s+(?:story|article|page|post)\b.*
    | (?:share|tweet|e-?mail|print|bookmark|pin)\s+the\s+(?:story|article|page|post)(?:\s+(?:on|via|by)\b.*)?\W*
    | (?:share|tweet|print|save|comments?|advertisement|advertising
      |sponsored(?:\s+content)?|ad|loading|read\s+more
      |show\s+more|see\s+more|related(?:\s+(?:stories|articles|content|links|topics|coverage|video))?
      |more\s+on\s+this\s+story|skip\s+to\s+(?:main\s+)?content)[\s.:…]*
    | (?:share|follow\s+us|find\s+us|like\s+us)\s+(?:on|via|with)\s+(?:facebook|twitter|x|whatsapp|instagram|linkedin
      |telegram|reddit|e-?mail)\b.*
    | (?:click|tap)\s+(?:here|the\s+link|to)\b.*
    | (?:sign\s+up|subscribe|register)\b(?=.*\b(?:newsletters?|updates|alerts|e-?mail|inbox|today|now|here
      |for\s+free|unlimited|free\s+trial|issues|breaking\s+news|our)\b).*
    | (?:get|receive)\b.{0,60}\b(?:newsletter|in\s+your\s+inbox|to\s+your\s+inbox|delivered\s+(?:to|straight))\b.*
    | do\s+you\s+like\s+this\s+(?:article|story|page)\b.*
    | (?:did\s+you\s+(?:like|enjoy)|enjoying)\s+this\s+(?:article|story)\b.{0,40}
    | like\s+this\s+(?:article|story)(?:\s+on\b.{0,40})?\W*
    | (?:download|get)\s+(?:our|the)\b.{0,40}\bapp\b.*
    | (?:already\s+a\s+subscriber|log\s+in\s+to\s+continue|sign\s+in\s+to\s+(?:read|continue)
      |create\s+a\s+free\s+account)\b.*
    | this\s+(?:story|article)\s+is\s+(?:for|available\s+to)\s+subscribers\b.*
    | (?:©|\(c\)\s|copyright\s+(?:©|\(c\)|\d{4})).*
    | all\s+rights\s+reserved\b.*
    | have\s+a\s+(?:news\s+)?tip\?.*
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

_CREDITS = re.compile(
    r"""^\W*(?:
      (?:photo(?:graph)?s?|image|picture|pic|illustration|graphic|video|credit|photo\s+credit|image\s+credit|file\s+photo|photo\s+illustration)
        \s*(?:credits?|courtesy|source)?\s*(?::|\bcourtesy\b)\s*.{1,120}
    | (?:photo(?:graph)?s?|images?|pictures?|pic|illustration|graphic|video)\s*(?:/|\bby\b|\bfrom\b)\s*
        (?:(?:the|of|for|and|via|[|/&–—-]|(?-i:[A-Z])\S*)(?:\s+|$)){1,10}  # names, no verb: else it is a sentence
    | \(?(?:photo|image|picture|file\s+photo)\)?[.:]?
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
# "... on November 2nd. [Ahmad al-Rubaye/AFP]" and "A. Name/Getty Images" and "(AP Photo/A. Name)"
_CAPTION_ENDS = re.compile(
    rf"""(?:
      \[(?-i:[A-Z]|al-)[^\[\]/]{{0,60}}/\s?(?-i:[A-Z]|al-)[^\[\]]{{0,60}}\]
    | \[[^\[\]]{{0,60}}\b(?:photos?\b|courtesy\b|(?:image|picture|credit|source)s?\s*:)[^\[\]]{{0,60}}\]
    | \((?:(?:AP|EPA|File)\s+Photo|(?:Photo|Image|Picture)(?:\s+(?:by|credit|courtesy))
      |(?:Photo|Image|Credit)\s*[:/])[^()]{{0,100}}\)
    | \([^()]{{2,60}}/\s?{_AGENCY}[^()]{{0,40}}\)
    )[\s.]*$""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE_CREDIT = re.compile(
    rf"^[\w.'’\-]+(?:\s+[\w.'’\-]+){{0,4}}\s?(?:/|\|)\s?(?:{_AGENCY})(?:\s?/\s?[\w ]{{2,30}})?"
    rf"(?:\s+via\s+.{{2,40}})?\.?$|^(?:{_AGENCY})(?:\s?/\s?[\w ]{{2,30}})?\.?$"
)
# "BAGHDAD (Reuters) - Troops ..."; "WASHINGTON, Nov. 3 (AP) — ...": place in capitals, agency in brackets, a dash.
_DATELINE = re.compile(
    r"^(?P<dateline>[A-Z][A-Z .'’\-/]{2,40}(?:,\s*[A-Z][\w. ]{1,20}){0,2}"
    r"\s*\([A-Z][^()\n]{1,40}\)\s*[-–—]+\s*)(?=\S)"
)


def clean(article: Article) -> Article:
    """The article with only its story left; `metadata` gains `removed` (lines) and `dateline` where there were any."""
    kept: list[str] = []
    removed: list[str] = []
    for line in article.text.split("\n"):
        (removed if _is_not_story(line.strip()) else kept).append(line)
    text, dateline = _without_dateline("\n".join(kept))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if text == article.text:
        return article
    found = {"removed": removed, "dateline": dateline}
    return replace(article, text=text, metadata={**article.metadata, **{k: v for k, v in found.items() if v}})


def _is_not_story(line: str) -> bool:
    if not line:
        return False
    if len(line) <= CAPTION_CHARS and _CAPTION_ENDS.search(line):
        return True
    return len(line) <= PROMPT_CHARS and any(form.match(line) for form in (_PROMPTS, _CREDITS, _BARE_CREDIT))


def _without_dateline(text: str) -> tuple[str, str]:
    start = len(text) - len(text.lstrip())
    match = _DATELINE.match(text[start : start + 200])
    if not match:
        return text, ""
    return text[start + match.end() :], match["dateline"].strip(" -–—")
