"""Deposits that an agent pays to a provider: its report confirms them, or gives the cash back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.extension.contract import PayerKind, PaymentReport, PaymentState
from agentsys.ledger import invariants, journal
from agentsys.payments import provider_deposits, provider_queue
from agentsys.payments.cash import DepositAction
from agentsys.payments.custody import cash_exposure, to_hand_over
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.models import Receipt
from agentsys.payments.provider_models import Action
from agentsys.payments.requests import request_for
from tests.factories import make_agent
from tests.payments.deposits import Depositing
from tests.payments.world import PRICE, World

P = PaymentState


@pytest.fixture
def paying(world: World) -> Depositing:
    """The world's agent, at a channel that takes deposits."""
    return Depositing(world)


def balances(world: World) -> dict[str, int]:
    """All balances; the books must be in order."""
    assert invariants.check(world.session) == []
    return dict(journal.balances(world.session))


def test_a_deposit_is_of_all_cash_and_books_nothing_yet(paying: Depositing) -> None:
    paying.collect(2)

    deposit = paying.declare()

    payment = paying.payment_of(deposit)
    assert (deposit.state, deposit.amount_idr) == (DepositState.DECLARED, 2 * PRICE)
    assert (payment.state, payment.amount_idr) == (PaymentState.CREATED, 2 * PRICE)
    assert payment.worker_id is None
    assert balances(paying.world)[f"cash:agent:{paying.agent.id}"] == 2 * PRICE
    assert to_hand_over(paying.session, paying.agent.id) == (0, 0)
    asked = provider_queue.outstanding(paying.session, payment_id=payment.id)
    assert asked is not None
    assert asked.action is Action.START


def test_the_provider_is_told_that_an_agent_pays(paying: Depositing) -> None:
    paying.collect(1)

    asked = request_for(paying.payment_of(paying.declare()))

    assert asked.payer is not None
    assert (asked.payer.kind, asked.payer.id) == (PayerKind.AGENT, paying.agent.id)
    assert asked.payer_name == paying.agent.name


def test_the_report_confirms_the_deposit_and_the_money_is_with_the_provider(
    paying: Depositing,
) -> None:
    cash = paying.collect(2)
    deposit = paying.declare()

    paying.report(deposit, PaymentState.SETTLED)

    office = paying.agent.office_id
    assert balances(paying.world) == {
        f"cash:agent:{paying.agent.id}": 0,
        f"clearing:dict:{office}": 2 * PRICE,
        f"owed:bpjs:{office}": -2 * PRICE,
    }
    assert (deposit.state, deposit.decided_by) == (DepositState.CONFIRMED, None)
    assert deposit.decided_at is not None
    assert cash.deposit_id == deposit.id


def test_a_paid_deposit_has_no_receipt_of_its_own(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()

    paying.report(deposit, PaymentState.SETTLED)

    paid = paying.payment_of(deposit)
    assert paying.session.scalar(select(Receipt).where(Receipt.payment_id == paid.id)) is None


def test_the_trail_says_that_nobody_confirmed_it(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()
    paying.report(deposit, PaymentState.SETTLED)

    events = paying.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject == f"deposit:{deposit.id}")
        .order_by(AuditEvent.id)
    )

    assert [(event.action, event.actor_id) for event in events] == [
        ("deposit.declared", paying.agent.user_id),
        ("deposit.confirmed", None),
    ]


@pytest.mark.parametrize("action", DepositAction)
def test_no_person_decides_about_it(paying: Depositing, action: DepositAction) -> None:
    paying.collect(1)
    deposit = paying.declare()

    with pytest.raises(Refused, match="laporannya yang menentukan"):
        paying.world.decide(deposit, action, counted_idr=PRICE, reason="Salah")


@pytest.mark.parametrize("state", [PaymentState.EXPIRED, PaymentState.FAILED])
def test_one_that_is_not_paid_is_withdrawn_by_itself(
    paying: Depositing, state: PaymentState
) -> None:
    paying.collect(1)
    deposit = paying.declare()

    paying.report(deposit, state, reason="Waktu membayar sudah habis.")

    assert (deposit.state, deposit.reason) == (
        DepositState.WITHDRAWN,
        "Waktu membayar sudah habis.",
    )
    assert to_hand_over(paying.session, paying.agent.id) == (1, PRICE)
    assert balances(paying.world)[f"cash:agent:{paying.agent.id}"] == PRICE


def test_a_declared_deposit_counts_for_the_ceiling(paying: Depositing) -> None:
    paying.collect(1)
    paying.declare()

    exposure = cash_exposure(paying.session, [paying.agent.id])[paying.agent.id]

    assert (exposure.held_idr, exposure.declared_idr) == (PRICE, PRICE)


def test_the_same_key_declares_once(paying: Depositing) -> None:
    paying.collect(1)

    assert paying.declare(key="setor-va-1") is paying.declare(key="setor-va-1")


def test_one_deposit_at_a_time_is_paid_to_a_provider(paying: Depositing) -> None:
    paying.collect(1)
    paying.declare()
    paying.collect(1)

    with pytest.raises(Refused, match="Bayar atau batalkan dulu"):
        paying.declare(shown_idr=PRICE, key="setor-va-2")


def test_another_sum_than_the_agent_saw_is_refused(paying: Depositing) -> None:
    paying.collect(2)

    with pytest.raises(Conflict, match=r"sekarang Rp33\.600, bukan Rp16\.800"):
        paying.declare(shown_idr=PRICE)


def test_nothing_is_deposited_without_cash(paying: Depositing) -> None:
    with pytest.raises(Refused, match="Tidak ada titipan"):
        paying.declare(shown_idr=0)


def test_a_sum_beyond_the_banks_limits_is_refused(paying: Depositing) -> None:
    paying.collect(1)
    paying.channel.limits = type(paying.channel.limits)(min_idr=PRICE + 1)

    with pytest.raises(Refused, match="Bank ini menerima"):
        paying.declare()


def test_a_channel_for_workers_only_takes_no_deposits(paying: Depositing) -> None:
    paying.collect(1)

    with pytest.raises(Invalid):
        paying.declare(channel=paying.world.wallet)


def test_a_deposit_that_was_never_sent_is_cancelled_at_once(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()

    paying.cancel(deposit)

    assert deposit.state is DepositState.WITHDRAWN
    assert paying.payment_of(deposit).state is PaymentState.EXPIRED


def test_the_provider_is_asked_before_a_pending_deposit_is_withdrawn(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()
    paying.start(deposit)

    paying.cancel(deposit)

    payment = paying.payment_of(deposit)
    asked = provider_queue.outstanding(paying.session, payment_id=payment.id)
    assert deposit.state is DepositState.DECLARED
    assert asked is not None
    assert asked.action is Action.CANCEL
    paying.report(deposit, PaymentState.EXPIRED)
    assert deposit.state is DepositState.WITHDRAWN


def test_nobody_cancels_the_deposit_of_another_agent(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()
    other = make_agent(paying.session)

    with pytest.raises(NotFound):
        provider_deposits.cancel(paying.session, deposit_id=deposit.id, actor=other.user)


def test_a_notice_that_comes_twice_changes_nothing(paying: Depositing) -> None:
    paying.collect(1)
    deposit = paying.declare()
    paying.report(deposit, PaymentState.SETTLED)
    before = balances(paying.world)

    paying.report(deposit, PaymentState.SETTLED)
    paying.report(deposit, PaymentState.PENDING)

    assert balances(paying.world) == before
    assert deposit.state is DepositState.CONFIRMED


@pytest.mark.parametrize(
    ("state", "after"),
    [(P.EXPIRED, DepositState.WITHDRAWN), (P.SETTLED, DepositState.CONFIRMED)],
)
def test_reports_that_are_applied_together_change_the_deposit_too(
    paying: Depositing, state: PaymentState, after: DepositState
) -> None:
    paying.collect(1)
    deposit = paying.declare()
    payment = paying.payment_of(deposit)
    said = PaymentReport(reference=payment.reference, state=state, amount_idr=PRICE)

    apply_reports(paying.session, [said], by="callback")

    assert deposit.state is after
    assert invariants.check(paying.session) == []
