"""Void receipts that wait and shortages are on the checklist, and in the report of the month."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.closing import checklist, queries
from agentsys.crypto import Vault
from agentsys.payments.cash import DepositAction, declare_deposit
from tests.closing.months import close, next_month
from tests.payments.reversing import decide, proposal
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent who handed in Rp2.800 too little, and holds a month in cash."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    deposit = declare_deposit(
        session,
        key="setoran-kurang",
        agent_id=world.agent.id,
        actor_id=world.agent.user_id or 0,
        evidence="Slip 42",
        counted_idr=PRICE - 2_800,
        difference_reason="Salah kembalian",
    )
    world.decide(deposit, DepositAction.CONFIRM, counted_idr=PRICE - 2_800)
    return world


def found(world: World, key: str) -> tuple[int, int]:
    """What one line of the checklist finds now."""
    items = checklist.look(world.session, office_id=world.office_id, until=clock.now())
    [item] = [each.found for each in items if each.check.key == key]
    return item.count, item.amount_idr


def test_a_reversal_that_waits_and_a_shortage_are_listed_until_they_are_done(world: World) -> None:
    reversal = proposal(world, world.collect(world.months[1:2]))

    assert found(world, "reversals") == (1, PRICE)
    assert found(world, "shortages") == (1, 2_800)
    decide(world, reversal)
    assert found(world, "reversals") == (0, 0)


def test_the_cash_of_agents_in_the_report_has_what_is_missing(world: World) -> None:
    world.collect(world.months[1:2])
    with next_month(world) as month:
        closing = close(world, month, note="Dicicil bulan depan")

        [row] = queries.cash_of_agents(world.session, closing.id)

    assert (row.agent_name, row.held_idr, row.short_idr) == (world.agent.name, PRICE, 2_800)
