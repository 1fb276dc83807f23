"""Nothing that waits for a person is missing from the queue."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from enum import StrEnum
from pathlib import Path

import agentsys
from agentsys.work.kinds import BY_KEY
from tests.work.queue_page import page
from tests.work.states import TABLES, WAITS_AS, WAITS_FOR_NOBODY


def every_state() -> set[str]:
    return {f"{what}.{state.value}" for what, states in TABLES.items() for state in states}


def test_every_state_is_work_or_says_why_it_waits_for_nobody():
    assert WAITS_AS.keys() | WAITS_FOR_NOBODY.keys() == every_state()
    assert WAITS_AS.keys() & WAITS_FOR_NOBODY.keys() == set()
    assert set(WAITS_AS.values()) <= BY_KEY.keys()


def test_every_enumeration_that_is_stored_as_a_state_is_walked():
    models = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(agentsys.__path__, "agentsys.")
        if found.name.endswith(".models") or found.name == "agentsys.workers.kinds"
    ]
    named = {
        kind
        for module in models
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, StrEnum) and name.endswith(("State", "Status", "Outcome"))
    }

    assert named <= set(TABLES.values())


def test_the_page_of_kinds_is_made_from_the_code(here: Path):
    written = (here / "docs" / "work-queue.md").read_text()

    assert written == page(), "run: python -m tests.work.queue_page > docs/work-queue.md"
