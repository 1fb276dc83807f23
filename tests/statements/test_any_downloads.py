"""Whatever pieces of an account's days are downloaded, and in whatever order, each line is one."""

from __future__ import annotations

import datetime
import secrets

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.statements.models import BankAccount, FileState
from tests.payments.world import World
from tests.statements.banking import OPENING, Banking, Row, bisnis, reason

NOON = datetime.datetime(2026, 11, 30, 5, tzinfo=datetime.UTC)
FIRST, LAST = 2, 6
LINES = st.tuples(st.integers(FIRST, LAST), st.sampled_from("AB"), st.sampled_from([5, 5, -3]))


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An office with its finance."""
    return World.build(session, vault)


@settings(max_examples=25)
@given(
    everything=st.lists(LINES, min_size=1, max_size=12),
    windows=st.lists(
        st.tuples(st.integers(FIRST, LAST), st.integers(FIRST, LAST), st.integers(0, 12)),
        min_size=1,
        max_size=5,
    ),
)
def test_any_downloads_store_each_line_once(
    world: World, everything: list[tuple[int, str, int]], windows: list[tuple[int, int, int]]
) -> None:
    ordered = sorted(everything, key=lambda line: line[0])
    with time_machine.travel(NOON, tick=False):
        bank = Banking.of(world, name=secrets.token_hex(8))
        for one, other, seen in windows:
            begin, end = min(one, other), max(one, other)
            # A download knows the last day only up to its moment.
            known = [line for line in ordered if line[0] < end]
            known += [line for line in ordered if line[0] == end][:seen]
            rows = [Row(f"{d:02d}/11/2026", t, a) for d, t, a in known if d >= begin]
            opening = OPENING + sum(a for d, _t, a in known if d < begin)
            if rows:
                bank.send(bisnis(rows, opening=opening), name=f"{begin}-{end}")
        bank.send(bisnis([Row(f"{d:02d}/11/2026", t, a) for d, t, a in ordered], period="semua"))
        last = bank.files[-1]
        stored = sorted((line.booked_on.day, line.text, line.amount_idr) for line in bank.lines())
        closing = bank.session.get_one(BankAccount, bank.account.id).closing_sen

    assert last.state is FileState.DONE, reason(last)
    assert stored == sorted(everything)
    assert closing == (OPENING + sum(amount for _d, _t, amount in everything)) * 100
