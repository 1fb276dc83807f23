"""One running agentsys for all crash tests, and its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.crash.client import Visitor
from tests.tree import Tree


@pytest.fixture(scope="package")
def tree() -> Iterator[Tree]:
    """`agentsys run` with a small demo world; at the end the audit must pass."""
    running = Tree(workers=600)
    running.start()
    yield running
    audit = running.command("audit")
    assert running.stop() == 0
    assert audit.returncode == 0, audit.stdout + audit.stderr


@pytest.fixture(scope="package")
def visit(tree: Tree) -> Callable[[str], Visitor]:
    """A function that signs somebody in, once for all tests."""
    known: dict[str, Visitor] = {}

    def enter(identity: str) -> Visitor:
        if identity not in known:
            known[identity] = Visitor(tree.url, identity)
        return known[identity]

    return enter
