"""One module reads the clock, so that a demo's time and a test's time hold everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
CLOCKS = {"agentsys/clock.py", "agentsys/demo/midtrans_simulator/engine/clock.py"}
# procrastinate's workers write their heartbeats with the database's clock.
DATABASE_TIMES = {"agentsys/job_queries.py"}
_READS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
_SQL_TIME = re.compile(
    r"(?<![\w.])(now\(\)|(clock|statement|transaction)_timestamp\(\)|current_(date|time)\b"
    r"|current_timestamp\b|localtime(stamp)?\b)",
    re.IGNORECASE,
)


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("agentsys", "plugins"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            name = path.relative_to(_ROOT).as_posix()
            if not name.startswith("agentsys/migrations/versions/"):
                yield name, ast.parse(path.read_text())


def reads_the_clock(tree: ast.AST) -> set[str]:
    """The calls that read the process's clock, and the texts and calls that read PostgreSQL's."""
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    process = {call for call in calls if call in _READS}
    database = {call for call in calls if re.match(r"func\.(now|current_|\w+_timestamp)", call)}
    return process | database


def sql_times(tree: ast.AST) -> set[str]:
    """The times of PostgreSQL's clock in statements, which are texts with a statement's word."""
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return {
        found.group()
        for text in texts
        if isinstance(text, str) and re.search(r"\b(SELECT|INSERT|UPDATE|WHERE|VALUES)\b", text)
        for found in _SQL_TIME.finditer(text)
    }


def test_no_other_module_reads_the_clock_of_the_process_or_the_database() -> None:
    found = {name: reads_the_clock(tree) for name, tree in sources() if name not in CLOCKS}

    assert {name: calls for name, calls in found.items() if calls} == {}


def test_no_statement_reads_the_clock_of_the_database() -> None:
    found = {name: sql_times(tree) for name, tree in sources() if name not in DATABASE_TIMES}

    assert {name: times for name, times in found.items() if times} == {}


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("datetime.now(UTC)", {"datetime.now"}),
        ("select(func.now())", {"func.now"}),
        ("clock.now()", set()),
    ],
)
def test_a_call_that_reads_a_clock_is_found(code: str, reads: set[str]) -> None:
    assert reads_the_clock(ast.parse(code)) == reads


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("'SELECT 1 WHERE at < now()'", {"now()"}),
        ("'UPDATE t SET day = CURRENT_DATE'", {"CURRENT_DATE"}),
        ("'SELECT current_timestamp_of FROM t'", set()),
        ("'what time is it now()'", set()),
    ],
)
def test_a_statement_that_reads_the_database_clock_is_found(code: str, times: set[str]) -> None:
    assert sql_times(ast.parse(code)) == times
