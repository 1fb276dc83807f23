"""Cash of agents: nobody confirms their own deposit, and every rupiah is booked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.cash import (
    DEPOSIT_TRANSITIONS,
    DepositAction,
    OtherCount,
    decide_deposit,
    declare_deposit,
)
from agentsys.payments.custody import cash_exposure, undeposited
from agentsys.payments.models import Deposit, DepositState
from agentsys.people.models import RoleName, User
from tests.factories import make_agent, make_office, make_user
from tests.payments.world import PRICE, World


def declare(world: World, counted_idr: int, key: str = "setoran-1") -> Deposit:
    """The agent hands over what he or she holds."""
    assert world.agent.user_id is not None
    return declare_deposit(
        world.session,
        key=key,
        agent_id=world.agent.id,
        actor_id=world.agent.user_id,
        evidence="Slip BRI 0042",
        counted_idr=counted_idr,
    )


def decide(
    world: World, deposit: Deposit, action: DepositAction, actor: User | None = None, **more: object
) -> Deposit:
    """Somebody decides about a deposit."""
    return decide_deposit(
        world.session,
        deposit_id=deposit.id,
        action=action,
        actor=actor or world.finance,
        **more,
    )


def test_collecting_cash_settles_at_once_into_the_agents_hands(world: World) -> None:
    payment = world.collect(world.months[:2])

    assert payment.state is PaymentState.SETTLED
    assert payment.receipt is not None
    assert journal.balances(world.session) == {
        f"cash:agent:{world.agent.id}": 2 * PRICE,
        f"owed:bpjs:{world.office_id}": -2 * PRICE,
    }


def test_collecting_with_the_same_key_takes_the_money_once(world: World) -> None:
    first = world.collect(world.months[:1], key="dari-ponsel-luring")

    again = world.collect(world.months[:1], key="dari-ponsel-luring")

    assert again is first
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE


def test_a_confirmed_deposit_moves_the_cash_to_the_bank(world: World) -> None:
    payment = world.collect(world.months[:2])
    deposit = declare(world, 2 * PRICE)

    decide(world, deposit, DepositAction.CONFIRM, counted_idr=2 * PRICE)

    assert deposit.state is DepositState.CONFIRMED
    assert payment.deposit_id == deposit.id
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == 2 * PRICE
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == 0
    assert undeposited(world.session, world.agent.id) == []


def test_cash_that_was_asked_for_and_never_taken_is_in_no_deposit(world: World) -> None:
    asked = world.ask(2, channel=world.cash)
    world.collect(world.months[:1])

    deposit = declare(world, PRICE)

    assert deposit.amount_idr == PRICE
    assert asked.deposit_id is None
    assert cash_exposure(world.session, [world.agent.id])[world.agent.id].held_idr == PRICE


def test_a_declared_deposit_still_counts_as_cash_in_hand(world: World) -> None:
    world.collect(world.months[:1])
    declare(world, PRICE)
    world.collect(world.months[1:2])

    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]

    assert (exposure.held_idr, exposure.declared_idr) == (2 * PRICE, PRICE)
    assert exposure.oldest_at is not None
    assert exposure.oldest_at <= clock.now()
    assert exposure.held_idr == journal.balance(world.session, f"cash:agent:{world.agent.id}")


def test_an_agent_without_cash_has_no_exposure(world: World) -> None:
    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]

    assert (exposure.held_idr, exposure.declared_idr, exposure.oldest_at) == (0, 0, None)


def test_an_old_page_does_not_pass_a_returned_deposit_off_as_declared(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)
    decide(world, deposit, DepositAction.RETURN, reason="Slip tidak terbaca")

    with pytest.raises(Conflict):
        declare(world, PRICE)


def test_a_returned_deposit_gives_its_payments_back_to_the_agents_hands(world: World) -> None:
    payment = world.collect(world.months[:1])
    deposit = declare(world, PRICE)

    decide(world, deposit, DepositAction.RETURN, reason="Slip tidak terbaca")
    again = declare(world, PRICE, key="setoran-2")

    assert deposit.state is DepositState.RETURNED
    assert payment.deposit_id == again.id


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_count_is_refused_with_the_difference(world: World, difference: int) -> None:
    world.collect(world.months[:1])

    with pytest.raises(OtherCount, match="lebih Rp1" if difference > 0 else "kurang Rp1"):
        declare(world, PRICE + difference)
    deposit = declare(world, PRICE)
    with pytest.raises(OtherCount):
        decide(world, deposit, DepositAction.CONFIRM, counted_idr=PRICE + difference)

    assert deposit.state is DepositState.DECLARED


def test_nobody_confirms_what_he_or_she_declared(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare_deposit(
        world.session,
        key="setoran-oleh-keuangan",
        agent_id=world.agent.id,
        actor_id=world.finance.id,
        evidence="Diterima di kantor",
        counted_idr=PRICE,
    )

    with pytest.raises(Forbidden, match="orang kedua"):
        decide(world, deposit, DepositAction.CONFIRM, counted_idr=PRICE)


def test_an_agent_who_became_finance_does_not_confirm_own_deposit(world: World) -> None:
    world.collect(world.months[:1])
    other = make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id)
    world.agent.user_id = other.id
    deposit = declare_deposit(
        world.session,
        key="setoran-oleh-keuangan",
        agent_id=world.agent.id,
        actor_id=world.finance.id,
        evidence="Diterima di kantor",
        counted_idr=PRICE,
    )

    with pytest.raises(Forbidden):
        decide(world, deposit, DepositAction.CONFIRM, actor=other, counted_idr=PRICE)


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.AUDITOR])
def test_agents_and_auditors_decide_no_deposit(world: World, role: RoleName) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)
    actor = make_user(world.session, role, office_id=world.agent.office_id)

    with pytest.raises(Forbidden):
        decide(world, deposit, DepositAction.CONFIRM, actor=actor, counted_idr=PRICE)


def test_finance_of_another_office_does_not_see_the_deposit(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)

    with pytest.raises(NotFound):
        decide(world, deposit, DepositAction.CONFIRM, actor=stranger, counted_idr=PRICE)


@pytest.mark.parametrize("first", list(DepositAction))
@pytest.mark.parametrize("second", list(DepositAction))
def test_what_was_decided_stays_decided(
    world: World, first: DepositAction, second: DepositAction
) -> None:
    by = {DepositAction.WITHDRAW: world.agent.user}
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)
    decide(world, deposit, first, by.get(first), counted_idr=PRICE, reason="Slip salah")

    with pytest.raises(Conflict):
        decide(world, deposit, second, by.get(second), counted_idr=PRICE, reason="Slip salah")


def test_an_agent_takes_a_deposit_back_as_long_as_nobody_decided(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)

    decide(world, deposit, DepositAction.WITHDRAW, world.agent.user)

    assert deposit.state is DepositState.WITHDRAWN
    assert journal.balance(world.session, f"cash:agent:{world.agent.id}") == PRICE
    exposure = cash_exposure(world.session, [world.agent.id])[world.agent.id]
    assert (exposure.held_idr, exposure.declared_idr) == (PRICE, 0)
    assert declare(world, PRICE, key="setoran-2").state is DepositState.DECLARED
    actions = world.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-2:] == ["deposit.withdrawn", "deposit.declared"]


def test_the_key_of_a_withdrawn_deposit_declares_nothing_again(world: World) -> None:
    world.collect(world.months[:1])
    decide(world, declare(world, PRICE), DepositAction.WITHDRAW, world.agent.user)

    with pytest.raises(Conflict):
        declare(world, PRICE)


def test_only_who_declared_a_deposit_withdraws_it(world: World) -> None:
    world.collect(world.months[:1])
    deposit = declare(world, PRICE)
    colleague = make_agent(world.session, office_id=world.agent.office_id)

    for other in (colleague.user, world.finance):
        with pytest.raises(NotFound):
            decide(world, deposit, DepositAction.WITHDRAW, other)
    assert deposit.state is DepositState.DECLARED


def test_only_a_declared_deposit_can_be_decided() -> None:
    assert {state for state, _ in DEPOSIT_TRANSITIONS} == {DepositState.DECLARED}
    assert {move.to for move in DEPOSIT_TRANSITIONS.values()} == {
        DepositState.CONFIRMED,
        DepositState.RETURNED,
        DepositState.WITHDRAWN,
    }


def test_declaring_with_the_same_key_declares_once(world: World) -> None:
    world.collect(world.months[:1])
    first = declare(world, PRICE)

    assert declare(world, PRICE) is first
    with pytest.raises(Conflict):
        declare(world, PRICE + 1)


def test_a_return_needs_a_reason_and_a_deposit_needs_evidence_and_money(world: World) -> None:
    with pytest.raises(Refused, match="Tidak ada titipan"):
        declare(world, 0)
    world.collect(world.months[:1])
    with pytest.raises(Invalid, match="bukti"):
        declare_deposit(
            world.session,
            key="setoran-1",
            agent_id=world.agent.id,
            actor_id=world.finance.id,
            evidence="  ",
            counted_idr=PRICE,
        )
    deposit = declare(world, PRICE)

    with pytest.raises(Invalid, match="alasan"):
        decide(world, deposit, DepositAction.RETURN)
    with pytest.raises(Invalid):
        decide(world, deposit, DepositAction.CONFIRM)


def test_one_agents_deposit_takes_no_other_agents_cash(world: World) -> None:
    world.collect(world.months[:1])
    other = World.build(world.session, world.vault)
    other.agent = make_agent(world.session, office_id=world.agent.office_id)
    other.worker.agent_id = other.agent.id
    other.session.flush()

    with pytest.raises(Refused, match="Tidak ada titipan"):
        declare_deposit(
            world.session,
            key="setoran-9",
            agent_id=other.agent.id,
            actor_id=world.finance.id,
            evidence="Slip",
            counted_idr=PRICE,
        )
    world.session.rollback()
