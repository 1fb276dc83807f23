"""Pages get typed values from the domain packages, never rows, so that an API can read the same.

A function that changes something may return the row that it changed: its caller takes the id or the
sum from it while the transaction is open.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import agentsys.models
import agentsys.web
from agentsys.db import Model
from agentsys.people import sessions

WEB = Path(agentsys.web.__file__).parent
FILES = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.py"))
MAPPED = {mapper.class_ for mapper in Model.registry.mappers}
# Flask-Login keeps the signed-in user for the whole request, and Flask-Security needs the row.
SIGNED_IN = {sessions.find}


def _imports(tree: ast.Module) -> Iterator[str]:
    """Mapped classes that a module imports, or reaches through a module of models."""
    names = {kind.__name__ for kind in MAPPED}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("agentsys."):
            yield from (one.name for one in node.names if one.name in names)
            if not (node.module or "").startswith("agentsys.web"):
                yield from (one.name for one in node.names if one.name.endswith("models"))
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.endswith("models"))


def _reads_rows(tree: ast.Module, module: types.ModuleType) -> Iterator[str]:
    """Functions whose rows are used outside of any `with transaction()`."""
    changing = set(_changing(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and node not in changing:
            found = _named(node, module)
            if found is not None and found not in SIGNED_IN and (rows := rows_of(found)):
                yield f"line {node.lineno}: {ast.unparse(node)} returns {', '.join(sorted(rows))}"


def _changing(tree: ast.Module) -> Iterator[ast.AST]:
    """Names in a transaction, of calls without a use of the result, and of changes given along."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(
            ast.unparse(item.context_expr) == "transaction()" for item in node.items
        ):
            yield from ast.walk(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node.value.func
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "partial":
            yield node.args[0]


def _named(
    node: ast.Attribute | ast.Name, module: types.ModuleType
) -> Callable[..., object] | None:
    """The function of another module that a name means."""
    if isinstance(node, ast.Name):
        found = getattr(module, node.id, None)
    else:
        owner = getattr(module, node.value.id, None) if isinstance(node.value, ast.Name) else None
        found = getattr(owner, node.attr, None) if isinstance(owner, types.ModuleType) else None
    return found if inspect.isfunction(found) and found.__module__ != module.__name__ else None


def rows_of(function: Callable[..., object]) -> set[str]:
    """The mapped classes in what a function returns, inside of values too."""
    if not function.__module__.startswith("agentsys."):
        return set()
    return _mapped(typing.get_type_hints(function).get("return"), set())


def _mapped(hint: object, seen: set[object]) -> set[str]:
    if isinstance(hint, type) and hint in MAPPED:
        return {hint.__name__}
    found = set()
    for argument in typing.get_args(hint):
        found |= _mapped(argument, seen)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and hint not in seen:
        seen.add(hint)
        for field in typing.get_type_hints(hint).values():
            found |= _mapped(field, seen)
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_page_imports_no_mapped_class(name: str) -> None:
    tree = ast.parse((WEB / name).read_text())

    assert list(_imports(tree)) == [], "let the domain package return a value"


@pytest.mark.parametrize("name", FILES)
def test_a_page_reads_no_rows(name: str) -> None:
    dotted = ".".join(Path(name).with_suffix("").parts).removesuffix("__init__").rstrip(".")
    module = importlib.import_module(f"agentsys.web.{dotted}".rstrip("."))

    assert list(_reads_rows(ast.parse((WEB / name).read_text()), module)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from agentsys.people.models import AgentStatus, User",
        "from agentsys.people import models",
        "import agentsys.people.models",
    ],
)
def test_an_import_of_rows_is_recognised(source: str) -> None:
    assert list(_imports(ast.parse(source))) != []


def test_reading_rows_is_recognised_and_changing_them_is_not() -> None:
    module = types.ModuleType("page")
    module.sessions, module.offices = sessions, importlib.import_module("agentsys.people.offices")  # type: ignore[attr-defined]
    read = "office = offices.add_office(session)"
    change = "with transaction() as session:\n    made = offices.add_office(session).id"

    assert rows_of(sessions.find) == {"User"}
    assert list(_reads_rows(ast.parse(read), module)) != []
    assert list(_reads_rows(ast.parse(change), module)) == []
