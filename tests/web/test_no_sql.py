"""Views read through the domain packages: nothing in agentsys/web builds SQL."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import agentsys.web

WEB = Path(agentsys.web.__file__).parent
# Names that build or run SQL. Sessions, errors and column types are allowed.
BUILDERS = {"select", "text", "func", "insert", "update", "delete", "exists"}
RUNNERS = {"execute", "scalar", "scalars"}
FILES = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.py"))


def _sql_in(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            found += [f"imports {name.name}" for name in node.names if name.name in BUILDERS]
        if isinstance(node, ast.Import):
            found += [f"imports {name.name}" for name in node.names if name.name == "sqlalchemy"]
        if isinstance(node, ast.Attribute) and node.attr in RUNNERS:
            found.append(f"line {node.lineno}: .{node.attr}")
        if isinstance(node, ast.Call) and _gets_a_row(node):
            found.append(f"line {node.lineno}: a row by its key")
    return found


def _gets_a_row(call: ast.Call) -> bool:
    """A model is named by its class: `session.get(User, 7)`, unlike `session.get("lang")`."""
    by_key = isinstance(call.func, ast.Attribute) and call.func.attr in {"get", "get_one"}
    first = call.args[0] if call.args else None
    is_class = isinstance(first, ast.Name) and first.id[0].isupper() and not first.id.isupper()
    return by_key and is_class and len(call.args) > 1


@pytest.mark.parametrize("name", FILES)
def test_a_view_builds_no_sql(name: str) -> None:
    assert _sql_in((WEB / name).read_text()) == [], "read through the domain package's queries"


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy import select",
        "from sqlalchemy.sql import func as f",
        "import sqlalchemy",
        "session.execute(query)",
        "db.session().scalars(query)",
        "session.get(User, 7)",
    ],
)
def test_sql_is_recognised(source: str) -> None:
    assert _sql_in(source) != []
