"""Views read through the domain packages: nothing in agentsys/web builds SQL."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import agentsys.web

WEB = Path(agentsys.web.__file__).parent
# What builds or runs a statement. Sessions, errors and types of columns may be named.
BUILDERS = {"select", "text", "func", "insert", "update", "delete", "exists"}
RUNNERS = {"execute", "scalar", "scalars"}
# Files that are still to be moved: none may be added.
LEFT = {
    "admin_agents.py",
    "agent/cash.py",
    "agent/collecting.py",
    "agent/commission.py",
    "agent/portfolio.py",
    "public.py",
    "supervisor/commissions.py",
    "supervisor/inbox.py",
    "supervisor/rosters.py",
    "supervisor/statement.py",
    "supervisor/team.py",
    "view_models.py",
}
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
    return found


@pytest.mark.parametrize("name", [name for name in FILES if name not in LEFT])
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
    ],
)
def test_sql_is_recognised(source: str) -> None:
    assert _sql_in(source) != []
