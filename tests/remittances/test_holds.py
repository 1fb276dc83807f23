"""Contributions that finance holds back: others are remitted, and no money is lost."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agentsys.audit.models import AuditEvent
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.people.models import RoleName
from agentsys.remittances.batches import cancel, make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.holds import hold, release
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import ResultRow
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def paid(world: World) -> World:
    """Two of the worker's months are collected."""
    world.report(world.ask(2), PaymentState.SETTLED)
    return world


def batch(world: World) -> Remittance:
    """A batch of everything that can be remitted."""
    return make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)


def hold_back(world: World, month: date, actor_id: int | None = None) -> Contribution:
    """Finance holds a month of the worker back."""
    return hold(
        world.session,
        worker_id=world.worker.id,
        month=month,
        reason="NIK ditolak BPJS",
        actor_id=actor_id or world.finance.id,
    )


def let_go(world: World, month: date) -> Contribution:
    """Finance releases a month of the worker."""
    return release(world.session, worker_id=world.worker.id, month=month, actor_id=world.finance.id)


def test_one_refused_contribution_no_longer_keeps_the_others_from_bpjs(paid: World) -> None:
    hold_back(paid, paid.months[0])

    made = batch(paid)

    assert (made.count, made.amount_idr, made.first_month) == (1, PRICE, paid.months[1])


def test_a_contribution_is_taken_out_of_an_open_batch_which_goes_on_without_it(
    paid: World,
) -> None:
    made = batch(paid)

    held = hold_back(paid, paid.months[0])

    assert (made.count, made.amount_idr) == (1, PRICE)
    assert (held.remittance_id, held.hold_reason) == (None, "NIK ditolak BPJS")
    assert journal.balance(paid.session, accounts.owed_bpjs(paid.office_id)) == -2 * PRICE


def test_what_is_let_go_is_in_the_next_batch(paid: World) -> None:
    hold_back(paid, paid.months[0])
    batch(paid)

    let_go(paid, paid.months[0])

    assert batch(paid).first_month == paid.months[0]


def test_holding_and_letting_go_are_in_the_trail_with_the_reason(paid: World) -> None:
    hold_back(paid, paid.months[0])
    let_go(paid, paid.months[0])

    events = paid.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.action.startswith("contribution."))
        .order_by(AuditEvent.id)
    ).all()
    assert [event.action for event in events] == ["contribution.held", "contribution.released"]
    assert {event.details["reason"] for event in events} == {"NIK ditolak BPJS"}
    assert {event.actor_id for event in events} == {paid.finance.id}


def test_a_coded_batch_loses_nothing(paid: World) -> None:
    made = batch(paid)
    set_code(paid.session, remittance_id=made.id, kode_iuran="901234", actor_id=paid.finance.id)

    with pytest.raises(Refused, match="Batalkan dulu"):
        hold_back(paid, paid.months[0])


def test_what_bpjs_has_confirmed_is_not_held_and_nobody_is_told_to_take_it_apart(
    paid: World,
) -> None:
    made = batch(paid)
    set_code(paid.session, remittance_id=made.id, kode_iuran="901234", actor_id=paid.finance.id)
    record_own_funds(
        paid.session,
        office_id=paid.office_id,
        bank_ref="FT-1",
        amount_idr=2 * PRICE,
        actor_id=paid.finance.id,
    )
    row = ResultRow(1, "901234", True, "PAID", 2 * PRICE, "R")
    confirm(paid.session, rows=[row], actor_id=paid.finance.id)

    with pytest.raises(Refused, match="sudah LUNAS di BPJS"):
        hold_back(paid, paid.months[0])


def test_the_only_contribution_of_a_batch_is_held_after_the_batch_is_taken_apart(
    world: World,
) -> None:
    world.report(world.ask(), PaymentState.SETTLED)
    made = batch(world)
    with pytest.raises(Refused, match="satu-satunya"):
        hold_back(world, world.months[0])

    cancel(world.session, remittance_id=made.id, actor_id=world.finance.id)

    assert hold_back(world, world.months[0]).held_at is not None


def test_what_was_refunded_in_the_batch_is_owed_again_when_it_is_taken_out(world: World) -> None:
    refunded = world.ask()
    world.report(refunded, PaymentState.SETTLED)
    world.months = world.months[1:]
    world.report(world.ask(), PaymentState.SETTLED)
    batch(world)
    world.report(refunded, PaymentState.REFUNDED)
    claim = accounts.claim_on_worker(world.worker.id)
    assert journal.balance(world.session, claim) == PRICE

    held = hold_back(world, refunded.months[0].month)

    assert held.payment_id is None
    assert journal.balance(world.session, claim) == 0
    assert journal.balance(world.session, accounts.owed_bpjs(world.office_id)) == -PRICE


def test_a_month_that_nobody_paid_is_not_held(paid: World) -> None:
    with pytest.raises(Refused, match="belum dibayar"):
        hold_back(paid, paid.months[2])


def test_what_is_held_is_not_held_again_and_what_is_not_is_not_let_go(paid: World) -> None:
    hold_back(paid, paid.months[0])

    with pytest.raises(Conflict):
        hold_back(paid, paid.months[0])
    with pytest.raises(Conflict, match="tidak sedang ditahan"):
        let_go(paid, paid.months[1])


def test_holding_needs_a_reason_and_a_person_of_finance_of_the_office(paid: World) -> None:
    office = paid.agent.office_id
    supervisor = make_user(paid.session, RoleName.SUPERVISOR, office_id=office).id
    stranger = make_user(paid.session, RoleName.FINANCE, office_id=make_office(paid.session).id).id

    with pytest.raises(Invalid, match="alasan"):
        hold(
            paid.session,
            worker_id=paid.worker.id,
            month=paid.months[0],
            reason="  ",
            actor_id=paid.finance.id,
        )
    with pytest.raises(Forbidden):
        hold_back(paid, paid.months[0], supervisor)
    with pytest.raises(NotFound):
        hold_back(paid, paid.months[0], stranger)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("remittance_id = 1", "held_is_not_remitted"),
        ("hold_reason = ''", "held_by_somebody_for_a_reason"),
        ("held_by = NULL", "held_by_somebody_for_a_reason"),
    ],
)
def test_the_database_keeps_what_is_held_out_of_batches_and_its_reason(
    paid: World, change: str, rule: str
) -> None:
    hold_back(paid, paid.months[0])

    with pytest.raises(IntegrityError, match=rule):
        paid.session.execute(text(f"UPDATE contributions SET {change} WHERE held_at IS NOT NULL"))
