"""Only one function approves: another one could bypass the second person."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import agentsys

PACKAGE = Path(agentsys.__file__).parent
# Whose APPROVED is about no statement.
OTHERS = {"ChangeState", "LineState", "AgentAccountState", "RatesState"}
APPROVAL = PACKAGE / "commissions" / "approval.py"


def writes_of_approved(tree: ast.AST) -> Iterator[int]:
    """Lines that set the state APPROVED: by assignment, by keyword, or in SQL."""
    for node in ast.walk(tree):
        given: ast.AST | None = None
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.keyword):
            given = node.value
        if (
            isinstance(given, ast.Attribute)
            and given.attr == "APPROVED"
            and ast.unparse(given.value) not in OTHERS
        ):
            yield given.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            sql = " ".join(node.value.lower().split())
            if "update statements" in sql or "insert into statements" in sql:
                yield node.lineno


def test_no_other_file_writes_an_approved_statement() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file != APPROVAL and "migrations" not in file.parts
        for line in writes_of_approved(ast.parse(file.read_text(encoding="utf-8")))
    ]

    assert found == []


def test_the_search_sees_each_way_of_writing() -> None:
    ways = [
        "statement.state = StatementState.APPROVED",
        "Statement(state=StatementState.APPROVED)",
        "update(Statement).values(state=StatementState.APPROVED)",
        "session.execute(text('UPDATE statements SET state = 1'))",
    ]

    assert all(list(writes_of_approved(ast.parse(way))) for way in ways)
