"""Deposits of the oldest receipts, and of less or more cash than the receipts add up to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from agentsys import clock
from agentsys.errors import Forbidden, Invalid, Refused
from agentsys.ledger import journal
from agentsys.ledger.invariants import check
from agentsys.listing.request import ListRequest
from agentsys.payments import deposit_queries, shortages
from agentsys.payments.cash import DepositAction, OtherCount, declare_deposit
from agentsys.payments.ceiling import CashCeilingReached
from agentsys.payments.custody import cash_exposure
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment
from agentsys.payments.shortages import owed_by
from agentsys.people.models import RoleName
from tests.factories import make_user
from tests.payments.world import PRICE, World

WHY = "Salah memberi kembalian"


def declare(
    world: World, counted_idr: int, *, receipts: int | None = None, why: str = "", key: str = "s-1"
) -> Deposit:
    """The agent hands in so much for the oldest receipts."""
    assert world.agent.user_id is not None
    return declare_deposit(
        world.session,
        key=f"setoran-{key}",
        agent_id=world.agent.id,
        actor_id=world.agent.user_id,
        evidence="Slip 42",
        counted_idr=counted_idr,
        receipts=receipts,
        difference_reason=why,
    )


def each_month(world: World) -> None:
    """One receipt for each month, collected one after the other."""
    for month in world.months:
        world.collect([month])


def test_a_part_takes_the_oldest_receipts_and_names_them(world: World) -> None:
    each_month(world)

    deposit = declare(world, 2 * PRICE, receipts=2)
    world.confirm(deposit)

    held = cash_exposure(world.session, [world.agent.id])[world.agent.id]
    assert (held.held_idr, held.declared_idr) == (PRICE, 0)
    [row] = deposit_queries.deposits(
        world.session, world.finance, ListRequest(tab="confirmed")
    ).rows
    assert row.receipts == 2
    rest = declare(world, PRICE, key="s-2")
    assert world.confirm(rest).state is DepositState.CONFIRMED
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == 0
    assert check(world.session) == []


def test_lapping_shows_as_age(world: World) -> None:
    each_month(world)
    today = clock.now()
    payments = world.session.scalars(select(Payment).order_by(Payment.id)).all()
    for days, payment in zip((5, 3, 0), payments, strict=True):
        payment.settled_at = today - timedelta(days=days)
    world.session.flush()

    deposit = declare(world, PRICE, receipts=1)

    # Today's money covers the receipt of five days ago: the deposit is as old as that.
    row = deposit_queries.deposit(world.session, world.finance, deposit.id)
    assert row.days_held == 5
    assert row.is_old
    left = cash_exposure(world.session, [world.agent.id])[world.agent.id]
    assert left.oldest_at is not None


@pytest.mark.parametrize("receipts", [0, -1, 4])
def test_there_must_be_so_many_receipts(world: World, receipts: int) -> None:
    each_month(world)

    with pytest.raises(Invalid, match="dari 1 sampai 3"):
        declare(world, PRICE, receipts=receipts)


def test_what_is_missing_is_the_agents_own_debt_until_it_is_handed_in(world: World) -> None:
    each_month(world)
    deposit = declare(world, 2 * PRICE - 2_800, receipts=2, why=WHY)
    assert owed_by(world.session, world.agent.id) == 0  # nobody has counted it yet

    world.decide(deposit, DepositAction.CONFIRM, counted_idr=2 * PRICE - 2_800)

    assert owed_by(world.session, world.agent.id) == 2_800
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == 2 * PRICE - 2_800
    assert check(world.session) == []
    later = declare(world, PRICE + 2_800, why="Melunasi kekurangan", key="s-2")
    world.decide(later, DepositAction.CONFIRM, counted_idr=PRICE + 2_800)
    assert owed_by(world.session, world.agent.id) == 0
    assert check(world.session) == []


def test_another_count_without_a_reason_is_refused_as_before(world: World) -> None:
    world.collect(world.months[:1])

    with pytest.raises(OtherCount, match=r"kurang Rp2\.800"):
        declare(world, PRICE - 2_800, why="  ")
    with pytest.raises(Invalid, match="tanpa uang"):
        declare(world, 0, why=WHY)


def test_the_second_person_counts_what_was_handed_over(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE - 2_800, why=WHY)

    for counted in (PRICE, PRICE - 2_801):
        with pytest.raises(OtherCount):
            world.decide(deposit, DepositAction.CONFIRM, counted_idr=counted)


def test_a_returned_deposit_with_a_difference_books_nothing(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE - 2_800, why=WHY)

    world.decide(deposit, DepositAction.RETURN, reason="Cari dulu")

    assert owed_by(world.session, world.agent.id) == 0
    assert check(world.session) == []


def test_a_large_difference_is_confirmed_by_an_admin_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortages, "alone_idr", lambda: 10_000)
    world.collect(world.months[:1])
    deposit = declare(world, PRICE - 10_001, why="Dirampok, laporan LP/123/XI/2026")

    with pytest.raises(Forbidden, match="pengelola"):
        world.decide(deposit, DepositAction.CONFIRM, counted_idr=PRICE - 10_001)
    admin = make_user(world.session, RoleName.ADMIN, office_id=world.office_id)
    world.decide(deposit, DepositAction.CONFIRM, admin, counted_idr=PRICE - 10_001)

    assert owed_by(world.session, world.agent.id) == 10_001


def test_missing_cash_still_counts_for_the_ceiling(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, 100, why=WHY)
    world.decide(deposit, DepositAction.CONFIRM, counted_idr=100)
    world.agent.cash_ceiling_idr = 2 * PRICE - 101
    world.session.flush()

    with pytest.raises(CashCeilingReached):
        world.collect(world.months[1:2])


def test_the_same_key_declares_a_short_deposit_once(world: World) -> None:
    world.collect(world.months[:1])
    first = declare(world, PRICE - 2_800, why=WHY)

    assert declare(world, PRICE - 2_800, why=WHY) is first
    with pytest.raises(Refused):
        declare(world, PRICE, why=WHY)


def test_a_shortage_is_in_the_books_of_the_agents_office(world: World) -> None:
    account = f"shortage:agent:{world.agent.id}"

    office_id = world.session.scalar(text("SELECT office_of_account(:name)"), {"name": account})

    assert office_id == world.office_id
