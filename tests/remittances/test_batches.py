"""Batches for BPJS: only money that is in the bank, and each contribution once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.models import Case, CaseKind
from agentsys.payments.sweep import recheck_silent
from agentsys.people.models import RoleName
from agentsys.remittances.batches import REMITTANCE_TRANSITIONS, cancel, make_batch
from agentsys.remittances.cancelling import ask_to_cancel, keep
from agentsys.remittances.codes import set_code
from agentsys.remittances.models import Remittance, RemittanceState
from tests.factories import make_office, make_user
from tests.payments.provider import DictPay
from tests.payments.world import PRICE, World

P = PaymentState


def batch(world: World) -> Remittance:
    """A batch of the office, made by finance."""
    return make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)


def states(world: World) -> list[str]:
    """The states of the worker's contributions."""
    world.session.expire_all()
    return list(world.session.scalars(select(Contribution.state).order_by(Contribution.month)))


def test_money_that_the_provider_may_take_back_waits_until_that_is_over(world: World) -> None:
    class Revocable(DictPay):
        reversal_window = timedelta(minutes=10)

    world.wallet = Revocable()
    payment = world.ask()
    world.wallet.reversal_window = timedelta()  # type: ignore[misc]  # later bills only
    world.wallet.says(payment.reference, P.SETTLED, PRICE)
    world.report(payment, P.SETTLED)
    world.session.commit()
    with pytest.raises(Refused):
        batch(world)

    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        recheck_silent({"dictpay": world.wallet})
        assert batch(world).amount_idr == PRICE


def test_a_batch_takes_all_that_was_collected(world: World) -> None:
    world.report(world.ask(2), P.SETTLED)

    made = batch(world)

    assert (made.count, made.amount_idr, made.state) == (2, 2 * PRICE, RemittanceState.OPEN)
    assert [made.first_month, made.last_month] == world.months[:2]
    assert states(world) == ["remitted", "remitted", "billed"]


def test_a_batch_of_one_month_says_which(world: World) -> None:
    world.report(world.ask(1), P.SETTLED)

    made = batch(world)

    assert made.first_month == made.last_month == world.months[0]


def test_cash_waits_until_its_deposit_is_confirmed(world: World) -> None:
    world.collect(world.months[:1])
    with pytest.raises(Refused, match="menunggu setoran agen"):
        batch(world)
    deposit = world.declare()
    with pytest.raises(Refused):
        batch(world)

    world.confirm(deposit)

    assert batch(world).amount_idr == PRICE


def test_money_that_seems_to_be_taken_back_is_not_remitted(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.FAILED)

    with pytest.raises(Refused):
        batch(world)


def test_nothing_is_batched_twice(world: World) -> None:
    world.report(world.ask(2), P.SETTLED)
    batch(world)

    with pytest.raises(Refused):
        batch(world)


def test_a_cancelled_batch_gives_its_contributions_back(world: World) -> None:
    world.report(world.ask(2), P.SETTLED)
    made = batch(world)

    cancel(world.session, remittance_id=made.id, actor_id=world.finance.id)

    assert states(world) == ["collected", "collected", "billed"]
    assert batch(world).amount_idr == 2 * PRICE


def test_a_refund_of_what_waits_in_a_batch_is_a_claim_until_the_batch_is_cancelled(
    world: World,
) -> None:
    payment = world.ask(2)
    world.report(payment, P.SETTLED)
    made = batch(world)

    world.report(payment, P.REFUNDED)

    assert journal.balance(world.session, f"claim:worker:{world.worker.id}") == 2 * PRICE
    assert list(world.session.scalars(select(Case.kind))) == [CaseKind.REFUNDED_AFTER_REMITTED]
    cancel(world.session, remittance_id=made.id, actor_id=world.finance.id)
    assert states(world) == ["billed"] * 3
    assert not any(journal.balances(world.session).values())


def test_a_code_is_tidied_and_can_be_corrected(world: World) -> None:
    world.report(world.ask(), P.SETTLED)
    made = batch(world)

    for typed, code in ((" 9012 3456 ", "90123456"), ("ab-77 1", "AB-771")):
        set_code(world.session, remittance_id=made.id, kode_iuran=typed, actor_id=world.finance.id)
        assert (made.kode_iuran, made.state) == (code, RemittanceState.CODED)


def test_one_code_belongs_to_one_batch(world: World) -> None:
    made = []
    for _ in range(2):
        world.report(world.ask(), P.SETTLED)
        world.months.pop(0)
        made.append(batch(world))
    actor = world.finance.id
    set_code(world.session, remittance_id=made[0].id, kode_iuran="90123456", actor_id=actor)

    with pytest.raises(Conflict, match="sudah dipakai"):
        set_code(world.session, remittance_id=made[1].id, kode_iuran="9012 3456", actor_id=actor)


@pytest.mark.parametrize("code", ["", "  ", "12", "9" * 41])
def test_a_code_that_cannot_be_one_is_refused(world: World, code: str) -> None:
    world.report(world.ask(), P.SETTLED)
    made = batch(world)

    with pytest.raises(Invalid):
        set_code(world.session, remittance_id=made.id, kode_iuran=code, actor_id=world.finance.id)


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.SUPERVISOR, RoleName.AUDITOR])
def test_only_finance_makes_codes_and_cancels_batches(world: World, role: RoleName) -> None:
    world.report(world.ask(), P.SETTLED)
    made = batch(world)
    actor = make_user(world.session, role, office_id=world.agent.office_id).id

    with pytest.raises(Forbidden):
        make_batch(world.session, office_id=world.agent.office_id, actor_id=actor)
    with pytest.raises(Forbidden):
        set_code(world.session, remittance_id=made.id, kode_iuran="90123456", actor_id=actor)
    with pytest.raises(Forbidden):
        cancel(world.session, remittance_id=made.id, actor_id=actor)


def test_finance_of_another_office_finds_no_batch(world: World) -> None:
    world.report(world.ask(), P.SETTLED)
    made = batch(world)
    office = make_office(world.session)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=office.id).id

    with pytest.raises(NotFound):
        make_batch(world.session, office_id=world.agent.office_id, actor_id=stranger)
    with pytest.raises(NotFound):
        cancel(world.session, remittance_id=made.id, actor_id=stranger)


def test_nothing_follows_paid_or_cancelled() -> None:
    ends = {RemittanceState.CONFIRMED, RemittanceState.CANCELLED}

    assert ends.isdisjoint(state for state, _ in REMITTANCE_TRANSITIONS)
    assert ends <= {move.to for move in REMITTANCE_TRANSITIONS.values()}


@pytest.fixture
def coded(world: World) -> Remittance:
    """A batch of two months with its code, made by finance."""
    world.report(world.ask(2), P.SETTLED)
    made = batch(world)
    set_code(world.session, remittance_id=made.id, kode_iuran="901234", actor_id=world.finance.id)
    return made


@pytest.fixture
def second(world: World) -> int:
    """Another person in finance of the same office."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.agent.office_id).id


def ask(world: World, made: Remittance, actor_id: int | None = None) -> None:
    """Request to cancel the batch."""
    ask_to_cancel(
        world.session,
        remittance_id=made.id,
        reason="Kode kedaluwarsa",
        actor_id=actor_id or world.finance.id,
    )


def test_a_coded_batch_is_taken_apart_by_two_with_a_reason(
    world: World, coded: Remittance, second: int
) -> None:
    with pytest.raises(Conflict):
        cancel(world.session, remittance_id=coded.id, actor_id=second)
    with pytest.raises(Invalid, match="alasan"):
        ask_to_cancel(world.session, remittance_id=coded.id, reason=" ", actor_id=world.finance.id)
    ask(world, coded)
    assert states(world) == ["remitted", "remitted", "billed"]

    cancel(world.session, remittance_id=coded.id, actor_id=second)

    assert states(world) == ["collected", "collected", "billed"]
    assert (coded.state, coded.cancel_reason) == (RemittanceState.CANCELLED, "Kode kedaluwarsa")


def test_neither_who_asked_nor_who_made_the_batch_takes_it_apart(
    world: World, coded: Remittance, second: int
) -> None:
    ask(world, coded, second)

    for actor in (second, world.finance.id):
        with pytest.raises(Forbidden, match="orang kedua"):
            cancel(world.session, remittance_id=coded.id, actor_id=actor)
        world.session.expire_all()

    assert coded.state is RemittanceState.CANCELLING


def test_the_database_wants_two_people_too(world: World, coded: Remittance) -> None:
    with pytest.raises(IntegrityError, match="code_is_cancelled_by_two"):
        world.session.execute(text("UPDATE remittances SET state = 'cancelled'"))


def test_a_batch_that_is_kept_can_be_paid_and_asked_about_again(
    world: World, coded: Remittance
) -> None:
    ask(world, coded)

    keep(world.session, remittance_id=coded.id, actor_id=world.finance.id)

    assert (coded.state, coded.cancel_reason) == (RemittanceState.CODED, "")
    ask(world, coded)
    assert coded.state is RemittanceState.CANCELLING


def test_the_code_of_a_cancelled_batch_can_be_given_again(
    world: World, coded: Remittance, second: int
) -> None:
    ask(world, coded)
    cancel(world.session, remittance_id=coded.id, actor_id=second)
    again = batch(world)

    set_code(world.session, remittance_id=again.id, kode_iuran="901234", actor_id=second)

    assert again.kode_iuran == coded.kode_iuran
