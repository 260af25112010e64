"""What a name may be the name of: a man, a woman, a place, a body of people. Short lists, not knowledge: a name that
they do not tell may be anything."""

from __future__ import annotations

import re
from typing import Literal

from index.names import capital, without_titles

Gender = Literal["he", "she"]

_PLACE_NAMES = """
    afghanistan, africa, albania, algeria, america, andorra, angola, antarctica, argentina, armenia, asia, australia,
    austria, azerbaijan, bahamas, bahrain, bangladesh, barbados, belarus, belgium, belize, benin, bhutan, bolivia,
    bosnia, botswana, brazil, britain, brunei, bulgaria, burkina faso, burma, burundi, california, cambodia, cameroon,
    canada, catalonia, chile, china, colombia, congo, costa rica, crimea, croatia, cuba, cyprus, czech republic,
    denmark, djibouti, dominican republic, ecuador, egypt, el salvador, england, eritrea, estonia, eswatini, ethiopia,
    eu, europe, european union, fiji, finland, florida, france, gabon, gambia, gaza, germany, ghana, great britain,
    greece, greenland, grenada, guatemala, guinea, guyana, haiti, honduras, hong kong, hungary, iceland, india,
    indonesia, iran, iraq, ireland, israel, italy, ivory coast, jamaica, japan, kazakhstan, kenya, kosovo, kurdistan,
    kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho, liberia, libya, liechtenstein, lithuania, luxembourg,
    macedonia, madagascar, malawi, malaysia, maldives, mali, malta, mauritania, mauritius, mexico, moldova, monaco,
    mongolia, montenegro, morocco, mozambique, myanmar, namibia, nepal, netherlands, new york, new zealand, nicaragua,
    niger, nigeria, north korea, north macedonia, northern ireland, norway, oman, pakistan, palestine, panama,
    papua new guinea, paraguay, peru, philippines, poland, portugal, puerto rico, qatar, romania, russia, rwanda,
    saudi arabia, scotland, senegal, serbia, sierra leone, singapore, slovakia, slovenia, somalia, south africa,
    south korea, south sudan, soviet union, spain, sri lanka, sudan, suriname, sweden, switzerland, syria, taiwan,
    tajikistan, tanzania, texas, thailand, tibet, togo, trinidad and tobago, tunisia, turkey, turkmenistan, u.k., u.s,
    u.s., uganda, uk, ukraine, united arab emirates, united kingdom, united states, united states of america, uruguay,
    us, usa, uzbekistan, vatican, venezuela, vietnam, wales, yemen, zambia, zimbabwe
"""
_PLACES = frozenset(" ".join(name.split()) for name in _PLACE_NAMES.split(","))
_BODIES_WORDS = """
    agency alliance allies army association authorities authority bank bloc board brigade brigades church club coalition
    command commission committee company congress corps council court democrats department federation fighters forces
    front government group guard guards house inc kingdom labour league militants militia militias ministry mission
    movement nations navy observatory organisation organization parliament party police rebels regime republic
    republicans senate soldiers state states team troops tribunal union united university
"""
_BODIES = frozenset(_BODIES_WORDS.split())
# What is not a body either, though its name is a name: a person's never has such a word.
_EVENTS = frozenset(
    "championship cup election hurricane mosque olympics prize referendum storm summit typhoon war".split()  # noqa: SIM905
)
_MEN_WORDS = """
    abdel abdullah adam ahmed alan albert alexander alexei ali andrew angus anthony antonio arthur barack bashar ben
    benjamin bernard bernie bill bob boris brian bruce carles carlos charles chris christopher colin daniel david
    dennis didier dmitry donald douglas dylan ed edward elon emmanuel eric erik francisco francois frank fred gary
    geoffrey george gerhard gordon graham greg haider hans harry hassan helmut henry hosni hugo hussein ian ibrahim
    igor isaac ivan jack jacob jacques jair jamal james jason javier jean jeff jeffrey jens jeremy jim joachim joe
    johannes john jonathan jose joseph juan julian julius justin karl keith ken kenneth kevin khalid klaus larry
    lars liam lionel luis luiz luke lukas mahmoud malcolm manuel marc marco mariano mario mark martin matteo matthew
    max michael miguel mike mikhail mohamed mohammad mohammed muammar muhammad mustafa narendra nelson nicholas nick
    nicolas nigel oleg olaf oliver omar oscar osama pablo patrick paul pedro peter philip pierre qassem ralph rashid
    ray raymond recep rex richard rob robert rodrigo roger roland ronald roy saad saddam sadiq sam scott sean
    sebastian sergei sergey silvio simon stefan stephen steve steven thomas tim tom tony viktor vincent vladimir
    volodymyr walter warren wayne wilhelm will william winston wolfgang xavier yasser yuri
"""
_MEN = frozenset(_MEN_WORDS.split())
_WOMEN_WORDS = """
    aisha alice alison alyssa amanda amy ana andrea angela anita ann anna anne annegret barbara benazir betty
    camilla carol caroline catherine charlotte christina christine claire claudia condoleezza cristina debbie
    deborah diana dilma donna dorothy elena elisabeth elizabeth ellen emily emma erna eva fatima fiona frances gina
    giorgia grace greta hannah helen hillary indira ines irene isabel jacinda jane janet jennifer jessica jill
    joanna judith julia julie kamala karen kate katherine kathleen kirsten laura leila linda lisa liz louise lucy
    madeleine malala margaret maria marie marine martha mary meghan melania melissa michelle monica nancy naomi
    natalia nicola nikki nina olga olivia pamela patricia penelope priti rachel rebecca rosa rosie ruth samantha
    sandra sanna sara sarah sheila sofia sonia sophie stephanie susan svetlana teresa theresa tina tulsi ursula
    valerie vera veronica victoria virginia yulia yvette zoe
"""
_WOMEN = frozenset(_WOMEN_WORDS.split())
_MENS_TITLES = frozenset("mr sir lord king prince pope duke emperor sheikh congressman".split())  # noqa: SIM905
_WOMENS_TITLES = frozenset("mrs ms miss lady dame queen princess duchess empress congresswoman".split())  # noqa: SIM905


def gender(name: str, title: str = "") -> Gender | None:
    """Whether a name is a man's or a woman's, by the title before it or its first word; None when these do not say."""
    for word in (title, *name.split()[:2]):
        if (said := word.lower().rstrip(".")) in _MENS_TITLES | _WOMENS_TITLES:
            return "he" if said in _MENS_TITLES else "she"
    first = (without_titles(name).split() or [""])[0].lower()
    return "he" if first in _MEN else "she" if first in _WOMEN else None


def is_place(name: str) -> bool:
    """Whether a name is surely that of a country or the like."""
    return re.sub(r"^the\s+", "", name.lower().strip()) in _PLACES


def is_body(name: str) -> bool:
    """Whether a name is surely that of a body of people: an army, a party, a group called by its initials."""
    words = name.split()
    initials = len(words) == 1 and len(name) > 1 and name.isupper() and not is_place(name)
    return initials or any(word.lower() in _BODIES or word.lower().endswith("men") for word in words)


def is_event(name: str) -> bool:
    """Whether a name is surely that of something that takes place or is given: a cup, a storm, a prize."""
    return any(word in _EVENTS for word in name.lower().split())


def could_be(name: str, pronoun: Gender, title: str = "") -> bool:
    """Whether "he" or "she" may stand for a name: one of one person, and not known to be of the other gender."""
    words = without_titles(name).split()
    other = is_place(name) or is_body(name) or is_event(name) or bool(re.search(r"[\d,]|\band\b|\bof\b", name))
    called = bool(words) and capital(words[0]) and capital(words[-1])
    return called and not other and gender(name, title) in (None, pronoun)
