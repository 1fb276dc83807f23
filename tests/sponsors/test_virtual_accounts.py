"""A sponsor's bill that is paid to a virtual account: asked, paid, not paid, and who may ask."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from agentsys.agreements.kinds import BillState
from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import Limits, PayerKind, PaymentReport, PaymentState
from agentsys.payments import provider_queue
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.models import Case, Payment, Receipt
from agentsys.payments.provider_models import Action
from agentsys.payments.requests import request_for
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from agentsys.sponsors import bill_payments, virtual_accounts
from tests.factories import make_office, make_user
from tests.payments.provider import DictPay
from tests.sponsors.banking import Banking, OtherBank
from tests.sponsors.world import PRICE, Sponsored

P = PaymentState


@pytest.fixture
def banking(office: Sponsored) -> Banking:
    """A bill of three workers, and a bank."""
    return Banking(office)


def asked_of(banking: Banking, payment: Payment) -> Action | None:
    """What the provider is to be asked about a payment."""
    question = provider_queue.outstanding(banking.session, payment_id=payment.id)
    return question.action if question else None


def test_a_bank_is_asked_for_the_whole_bill_and_nothing_is_booked_yet(banking: Banking) -> None:
    payment = banking.ask()

    assert (payment.state, payment.amount_idr) == (P.CREATED, 3 * PRICE)
    assert (payment.worker_id, payment.for_bill_id) == (None, banking.bill.id)
    assert asked_of(banking, payment) is Action.START
    assert banking.balances() == {}
    assert banking.bill.state is BillState.SENT


def test_the_provider_is_told_that_a_sponsor_pays(banking: Banking) -> None:
    request = request_for(banking.ask())

    assert request.payer is not None
    sponsor = banking.agreement.sponsor
    assert (request.payer.kind, request.payer.id) == (PayerKind.SPONSOR, sponsor.id)
    assert request.payer_name == sponsor.name
    assert f"{banking.office.month:%m/%Y}" in request.description


def test_the_report_pays_all_workers_without_a_second_person(banking: Banking) -> None:
    payment = banking.ask()

    banking.report(payment, P.SETTLED)

    assert banking.paid() == [0, 1, 2]
    assert (banking.bill.state, banking.bill.paid_people) == (BillState.PAID, 3)
    assert banking.balances() == {"clearing:dict": 3 * PRICE, "owed:bpjs": -3 * PRICE}
    batch = batches.make_batch(
        banking.session, office_id=banking.office.office_id, actor_id=banking.office.finance.id
    )
    assert (batch.count, batch.amount_idr) == (3, 3 * PRICE)


def test_one_receipt_is_issued_for_the_whole_payment(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)

    receipts = banking.session.scalars(select(Receipt)).all()

    assert [receipt.payment_id for receipt in receipts] == [payment.id]


def test_the_trail_says_who_asked_and_that_nobody_confirmed(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)

    events = banking.session.execute(
        select(AuditEvent.action, AuditEvent.actor_id)
        .where(AuditEvent.action.startswith("sponsor_payment."))
        .order_by(AuditEvent.id)
    ).all()

    assert [tuple(event) for event in events] == [
        ("sponsor_payment.asked", banking.office.finance.id),
        ("sponsor_payment.received", None),
    ]


def test_a_notice_that_comes_twice_pays_once(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    before = banking.balances()

    banking.report(payment, P.SETTLED)
    banking.report(payment, P.PENDING)

    assert banking.balances() == before
    assert banking.bill.paid_people == 3


@pytest.mark.parametrize("state", [P.EXPIRED, P.SETTLED])
def test_reports_that_are_applied_together_are_booked_in_the_same_way(
    banking: Banking, state: PaymentState
) -> None:
    payment = banking.ask()
    said = PaymentReport(reference=payment.reference, state=state, amount_idr=payment.amount_idr)

    apply_reports(banking.session, [said], by="callback")

    assert len(banking.paid()) == (3 if state is P.SETTLED else 0)
    assert bool(banking.balances()) == (state is P.SETTLED)


def test_after_a_part_payment_the_sum_is_what_is_left(banking: Banking) -> None:
    banking.office.pay(banking.bill, PRICE + 500)

    payment = banking.ask()
    banking.report(payment, P.SETTLED)

    assert payment.amount_idr == 2 * PRICE - 500
    assert banking.bill.state is BillState.PAID
    assert banking.credit() == 0


def test_the_same_key_asks_once(banking: Banking) -> None:
    assert banking.ask(key="va-tagihan-1") is banking.ask(key="va-tagihan-1")


def test_a_key_of_another_request_is_refused(banking: Banking) -> None:
    banking.ask(key="va-tagihan-1")

    with pytest.raises(Conflict, match="sudah dipakai"):
        banking.ask(key="va-tagihan-1", channel=OtherBank())


def test_a_second_clerk_gets_the_number_that_is_open(banking: Banking) -> None:
    assert banking.ask(actor=banking.office.admin) is banking.ask()


def test_another_bank_waits_until_the_first_number_is_cancelled(banking: Banking) -> None:
    first = banking.ask()
    with pytest.raises(Conflict, match="masih terbuka"):
        banking.ask(channel=OtherBank())

    virtual_accounts.cancel(banking.session, bill_id=banking.bill.id, actor=banking.office.finance)

    assert first.state is P.EXPIRED
    assert banking.ask(channel=OtherBank()).id != first.id


def test_a_number_that_the_bank_gave_is_cancelled_by_asking_the_bank(banking: Banking) -> None:
    payment = banking.ask()
    provider_queue.claim(banking.session)
    banking.report(payment, P.PENDING)

    virtual_accounts.cancel(banking.session, bill_id=banking.bill.id, actor=banking.office.finance)

    assert payment.state is P.PENDING
    assert asked_of(banking, payment) is Action.CANCEL


@pytest.mark.parametrize("state", [P.EXPIRED, P.FAILED])
def test_one_that_was_not_paid_leaves_the_bill_open_for_another(
    banking: Banking, state: PaymentState
) -> None:
    first = banking.ask()

    banking.report(first, state, reason="Waktu membayar sudah habis.")

    assert (banking.bill.state, banking.paid()) == (BillState.SENT, [])
    assert banking.ask().id != first.id


def test_a_transfer_that_pays_the_bill_has_the_open_number_cancelled(banking: Banking) -> None:
    payment = banking.ask()
    provider_queue.claim(banking.session)
    banking.report(payment, P.PENDING)

    banking.office.pay(banking.bill, 3 * PRICE)

    assert asked_of(banking, payment) is Action.CANCEL


def test_a_bill_that_is_not_sent_or_is_paid_has_no_number(office: Sponsored) -> None:
    banking = Banking(office)
    unsent = office.bill(banking.agreement, office.later(1), send=False)
    with pytest.raises(Conflict, match="belum dikirim"):
        banking.ask(bill=unsent)
    office.pay(banking.bill, 3 * PRICE)

    with pytest.raises(Conflict, match="sudah lunas"):
        banking.ask(shown_idr=1)


def test_a_bill_that_the_surplus_of_the_last_one_pays_for_asks_nothing(banking: Banking) -> None:
    banking.office.pay(banking.bill, 7 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))

    with pytest.raises(Refused, match="Sisa transfer sebelumnya cukup"):
        banking.ask(bill=following)


def test_another_sum_than_the_clerk_saw_is_refused(banking: Banking) -> None:
    with pytest.raises(Conflict, match=r"membutuhkan Rp50\.400, bukan Rp16\.800"):
        banking.ask(shown_idr=PRICE)


def test_a_sum_beyond_the_banks_limits_is_refused(banking: Banking) -> None:
    banking.channel.limits = Limits(max_idr=3 * PRICE - 1)

    with pytest.raises(Refused, match="Bank ini menerima"):
        banking.ask()


def test_a_channel_for_workers_takes_no_bills(banking: Banking) -> None:
    with pytest.raises(Invalid):
        banking.ask(channel=DictPay())


def test_only_who_may_record_payments_of_the_office_asks_and_cancels(banking: Banking) -> None:
    stranger = make_user(
        banking.session, RoleName.FINANCE, office_id=make_office(banking.session).id
    )
    auditor = make_user(banking.session, RoleName.AUDITOR, office_id=banking.office.office_id)
    for actor, error in ((stranger, NotFound), (auditor, Forbidden)):
        with pytest.raises(error):
            banking.ask(actor=actor)
    banking.ask()

    for actor, error in ((stranger, NotFound), (auditor, Forbidden)):
        for act in (virtual_accounts.cancel, virtual_accounts.ask_provider):
            with pytest.raises(error):
                act(banking.session, bill_id=banking.bill.id, actor=actor)


def test_a_virtual_account_is_no_transfer_that_a_person_confirms(banking: Banking) -> None:
    payment = banking.ask()

    with pytest.raises(NotFound):
        bill_payments.confirm(
            banking.session, payment_id=payment.id, actor_id=banking.office.admin.id
        )


def test_nothing_about_it_waits_for_a_person(banking: Banking) -> None:
    banking.report(banking.ask(), P.SETTLED)

    assert banking.session.scalar(select(func.count()).select_from(Case)) == 0
