"""What people read stands in words.toml, all of it is used, and no template has words of its own."""

import ast
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment, nodes
from markupsafe import Markup

import web
from web.words import phrase, say

WEB = Path(web.__file__).parent
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
SCRIPTS = sorted((WEB / "static").glob("*.js"))
FILE = tomllib.loads((WEB / "words.toml").read_text(encoding="utf-8"))
WORDS = {f"{part}.{name}": words for part, group in FILE.items() for name, words in group.items()}
# Attributes that are read to people or shown to them; the scripts take their words from data attributes.
READ_ATTRIBUTES = ("aria-label", "aria-description", "placeholder", "title", "alt", "label")
# Names of commands and fields are no words.
UNREAD_TAGS = ("code", "script", "style")


# --- the file


def forms(words):
    return [words] if isinstance(words, str) else list(words.values())


def test_words_are_no_markup_and_have_one_form_or_two():
    for key, words in WORDS.items():
        assert isinstance(words, str) or set(words) == {"one", "other"}, key
        assert not re.search("[<>&]", "".join(forms(words))), key


def test_values_are_escaped_unless_they_are_markup():
    assert say("site.title", page="<b> & co") == "&lt;b&gt; &amp; co – Backissue"
    assert say("site.title", page=Markup("<b>x</b>")) == "<b>x</b> – Backissue"
    assert isinstance(say("site.name"), Markup)
    assert phrase("site.title", page="<b> & co") == "<b> & co – Backissue"


@pytest.mark.parametrize(("number", "said"), [(0, "0 articles"), (1, "1 article"), (11775, "11,775 articles")])
def test_the_number_chooses_the_form(number, said):
    assert phrase("count.article", number=number) == say("count.article", number=number) == said


@pytest.mark.parametrize("speak", [say, phrase])
@pytest.mark.parametrize("key", ["site.nothing", "nowhere.name", "site", "site.title", "count.article"])
def test_an_unknown_key_and_a_missing_value_are_errors(speak, key):
    with pytest.raises(KeyError):
        speak(key)


# --- who uses it


def calls_in_code():
    """(place, key, names of the values or None) of each call in the modules."""
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
            if name == "count":
                yield path.name, f"count.{node.args[1].value}", {"number"}
            elif name in ("say", "phrase") and not isinstance(node.args[0], ast.JoinedStr):
                names = {keyword.arg for keyword in node.keywords}
                yield path.name, node.args[0].value, None if None in names else names


def calls_in_templates():
    """The same of the templates."""
    for path in TEMPLATES:
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "say":
                yield path.name, call.args[0].value, {keyword.key for keyword in call.kwargs}
        for call in tree.find_all(nodes.Filter):
            if call.name == "count":
                yield path.name, f"count.{call.args[0].value}", {"number"}


CALLS = [*calls_in_code(), *calls_in_templates()]


def test_every_key_used_exists_and_every_key_is_used():
    assert sorted({(place, key) for place, key, _ in CALLS if key not in WORDS}) == []
    assert sorted(set(WORDS) - {key for _, key, _ in CALLS}) == []


def test_every_use_gives_the_values_that_the_words_name():
    for place, key, given in CALLS:
        named = {name for words in forms(WORDS[key]) for _, name, _, _ in Formatter().parse(words) if name is not None}
        plural = set() if isinstance(WORDS[key], str) else {"number"}
        assert given is None or given == named | plural, (place, key)


# --- who has words of its own


class OwnWords(HTMLParser):
    """The letters of a page outside its tags, and in the attributes that are read."""

    def __init__(self, html):
        super().__init__()
        self.found, self._open = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag in UNREAD_TAGS:
            self._open.append(tag)
        for name, value in attrs:
            if name in READ_ATTRIBUTES or name.startswith("data-"):
                self._note(value or "")

    def handle_endtag(self, tag):
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data):
        if not self._open:
            self._note(data)

    def _note(self, text):
        if any(letter.isalpha() for letter in text):
            self.found.append(text.strip())


def written(node):
    """The HTML that a template itself writes at a node, whatever its values are and its conditions say."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Const):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, nodes.Stmt | nodes.Template):
        inner = [
            one for one in node.iter_child_nodes() if isinstance(one, nodes.Stmt) or isinstance(node, nodes.Output)
        ]
    elif isinstance(node, nodes.CondExpr):
        inner = [one for one in (node.expr1, node.expr2) if one]
    elif isinstance(node, nodes.Filter):
        inner = [node.node]
    else:
        joined = isinstance(node, nodes.Concat | nodes.Add | nodes.And | nodes.Or)
        inner = node.iter_child_nodes() if joined else []
    return "".join(map(written, inner))


def own_words(source):
    """Words of a template's own, also those handed on within it: two words, or one that begins like a sentence."""
    tree = Environment(autoescape=True).parse(source)
    texts = [const.value for const in tree.find_all(nodes.Const) if isinstance(const.value, str)]
    handed_on = [text for text in texts if re.search(r"[a-z]\W* [a-z]|\b[A-Z][a-z]", text)]
    return OwnWords(written(tree)).found + handed_on


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path):
    assert own_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Nothing</p>",
        "<p>{{ number }} found</p>",
        '<p><a href="/x">it</a></p>',
        "{% if x %}<p>{% else %}or{% endif %}",
        "{{ 'none' if x }}",
        "{{ x ~ ' of ' ~ y }}",
        "{{ x or 'unknown'|upper }}",
        "{% set x = 'Other answers' %}",
        "{{ table('Parameters', rows) }}",
        "{% set x %}this one{% endset %}",
        '<input placeholder="Who?">',
        '<form data-lost="It is lost.">',
        '<svg aria-label="{{ x }} days">',
    ],
)
def test_words_in_a_template_would_be_found(source):
    assert own_words(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p class=\"{{ 'plain' if x }}\">{{ say('site.name') }}, {{ x }}&nbsp;%{# a remark #}</p>",
        "<code>backissue add</code>",
        "{% if kind == 'add' %}<a href=\"{{ url_for('add.form', q='x') }}\" aria-label=\"{{ x }}\">×</a>{% endif %}",
    ],
)
def test_names_and_signs_are_no_words(source):
    assert own_words(source) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_shows_words_of_its_own(path):
    shown = r"(?:textContent|innerText|title|placeholder|ariaLabel) = [\"'`][^\"'`]*[a-z]{2}.*"
    assert re.findall(shown, path.read_text(encoding="utf-8")) == []
