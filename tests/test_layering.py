"""Imports point one way, and each engine has one owner."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"index": {"qa", "web", "flask", "click", "waitress"}, "qa": {"web", "flask", "click", "waitress"}}
OWNERS = {"chromadb": "index/vectors.py", "tantivy": "index/lexical.py"}


def imported(source: str) -> set[str]:
    """The top-level packages that a module imports, wherever in it, by statement or by name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that this test sees them"
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"import_module", "importlib.import_module"}:
            found.update(a.value.split(".")[0] for a in node.args if isinstance(a, ast.Constant))
    return found


def modules(package: str) -> dict[str, set[str]]:
    files = sorted((ROOT / package).rglob("*.py"))
    return {str(file.relative_to(ROOT)): imported(file.read_text(encoding="utf-8")) for file in files}


@pytest.mark.parametrize("package", FORBIDDEN)
def test_dependencies_point_one_way(package):
    found = modules(package)
    assert found
    assert {name: used & FORBIDDEN[package] for name, used in found.items() if used & FORBIDDEN[package]} == {}


@pytest.mark.parametrize("engine", OWNERS)
def test_each_engine_has_one_owner(engine):
    users = [name for package in ("index", "qa", "web") for name, used in modules(package).items() if engine in used]
    assert users == [OWNERS[engine]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import web.app", {"web"}),
        ("from web import app", {"web"}),
        ("def f():\n    import flask.json", {"flask"}),
        ("import importlib\nimportlib.import_module('web.app')", {"importlib", "web"}),
    ],
)
def test_no_form_of_import_goes_unseen(source, expected):
    assert imported(source) == expected
