"""No file has more than 300 lines, and no function more than 50."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES, MOST_OF_A_FUNCTION = 300, 50
# Applied migrations are not rewritten.
_OURS = ("agentsys", "plugins", "templates", "bench", "tests")
_KINDS = {".py", ".html", ".css", ".js"}


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _KINDS and "versions" not in path.parts:
                yield path


def _long_functions(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_OF_A_FUNCTION
    ]


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _files(*_OURS)}
    named = {str(path.relative_to(ROOT)): lines for path, lines in sizes.items()}
    too_long = {name: n for name, n in named.items() if n > MOST_LINES}

    assert len(sizes) > 400
    assert too_long == {}


@pytest.mark.parametrize("folder", ["agentsys", "plugins", "bench", "tests"])
def test_no_function_is_longer_than_50_lines(folder: str) -> None:
    paths = [path for path in _files(folder) if path.suffix == ".py"]

    assert [found for path in paths for found in _long_functions(path)] == []
