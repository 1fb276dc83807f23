"""Nothing that waits for a person is missing from the queue."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from enum import StrEnum
from pathlib import Path

from sqlalchemy import DateTime, Enum

import agentsys
from agentsys.db import db
from agentsys.ledger import accounts
from agentsys.work.kinds import BY_KEY
from tests.work.queue_page import page
from tests.work.state_tables import NOT_STATES, TABLES
from tests.work.states import ACCOUNTS, EMPTY_TIMES, WAITS_AS, WAITS_FOR_NOBODY


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


def every_column():
    return [
        (table.name, column)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if not table.name.startswith("procrastinate")
    ]


def test_every_enumeration_of_a_column_is_walked_or_is_no_state():
    used = {
        column.type.enum_class
        for _, column in every_column()
        if isinstance(column.type, Enum) and column.type.enum_class is not None
    }

    assert {kind.__name__ for kind in used - set(TABLES.values())} == NOT_STATES.keys()


def test_every_time_that_can_be_empty_is_work_or_says_why_it_waits_for_nobody():
    empty = {
        f"{table}.{column.name}"
        for table, column in every_column()
        if isinstance(column.type, DateTime) and column.nullable
    }

    assert empty == EMPTY_TIMES.keys()


def test_every_account_with_money_has_a_kind_of_work_or_a_reason_for_none():
    prefixes = {
        name
        for name, value in vars(accounts).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }

    assert prefixes == ACCOUNTS.keys()


def test_every_kind_is_named_by_a_state_a_time_or_an_account():
    named = set(WAITS_AS.values())
    for waits in (*EMPTY_TIMES.values(), *ACCOUNTS.values()):
        named |= set() if isinstance(waits, str) else set(waits)

    assert named == BY_KEY.keys()


def test_the_page_of_kinds_is_made_from_the_code(here: Path):
    written = (here / "docs" / "work-queue.md").read_text()

    assert written == page(), "run: ./dev docs"
