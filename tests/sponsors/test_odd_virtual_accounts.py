"""Money to a virtual account that comes late, twice, of another sum, or that is taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.agreements.kinds import BillState, LeaveReason
from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState, Refunds
from agentsys.payments import refunds
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Resolution
from agentsys.remittances import batches
from agentsys.remittances.models import Remittance
from agentsys.sponsors import members
from tests.sponsors.banking import Banking
from tests.sponsors.world import PRICE, Sponsored

P = PaymentState


@pytest.fixture
def banking(office: Sponsored) -> Banking:
    """A bill of three workers, and a bank."""
    return Banking(office)


def kinds(banking: Banking) -> list[CaseKind]:
    """The kinds of the open cases."""
    return list(
        banking.session.scalars(select(Case.kind).where(Case.closed_at.is_(None)).order_by(Case.id))
    )


def batch(banking: Banking) -> Remittance:
    """What the office can send to BPJS now."""
    return batches.make_batch(
        banking.session, office_id=banking.office.office_id, actor_id=banking.office.finance.id
    )


def test_late_money_pays_the_bill_and_a_person_is_told(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.EXPIRED)

    outcome = banking.report(payment, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert banking.paid() == [0, 1, 2]
    assert kinds(banking) == [CaseKind.PAID_LATE]
    assert banking.balances() == {"clearing:dict": 3 * PRICE, "owed:bpjs": -3 * PRICE}


def test_a_bill_that_a_transfer_paid_meanwhile_keeps_the_money_for_the_next(
    banking: Banking,
) -> None:
    payment = banking.ask()
    banking.office.pay(banking.bill, 3 * PRICE)

    banking.report(payment, P.SETTLED)

    assert banking.credit() == 3 * PRICE
    assert kinds(banking) == [CaseKind.PAID_TWICE]
    assert banking.balances()["owed:bpjs"] == -3 * PRICE
    assert (banking.bill.state, banking.bill.paid_people) == (BillState.PAID, 3)


def test_a_transfer_for_a_part_leaves_what_it_paid_of_the_number_for_the_next(
    banking: Banking,
) -> None:
    payment = banking.ask()
    banking.office.pay(banking.bill, PRICE)

    banking.report(payment, P.SETTLED)

    assert (banking.paid(), banking.credit()) == ([0, 1, 2], PRICE)
    banking.close(Resolution.NOTED)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    assert banking.ask(bill=following).amount_idr == 2 * PRICE


def test_who_left_the_list_meanwhile_is_not_paid_for_and_the_rest_is_kept(
    banking: Banking,
) -> None:
    payment = banking.ask()
    members.replace(
        banking.session,
        agreement_id=banking.agreement.id,
        leaver_id=banking.workers[0].id,
        why=LeaveReason.MOVED,
        month=banking.office.month,
        note="Surat 1",
        new_id=None,
        actor_id=banking.office.finance.id,
    )

    banking.report(payment, P.SETTLED)

    assert (banking.paid(), banking.credit()) == ([1, 2], PRICE)
    assert banking.bill.state is BillState.PAID
    assert kinds(banking) == []
    banking.balances()


@pytest.mark.parametrize("amount_idr", [PRICE, 4 * PRICE])
def test_money_of_another_sum_waits_until_finance_keeps_it_for_the_sponsor(
    banking: Banking, amount_idr: int
) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED, amount_idr)
    assert banking.balances() == {"clearing:dict": amount_idr, "suspense": -amount_idr}

    banking.close(Resolution.TO_WORKER)

    assert banking.balances() == {"clearing:dict": amount_idr, "owed:sponsor": -amount_idr}
    assert (payment.state, banking.paid()) == (P.FAILED, [])
    assert banking.needed() == max(3 * PRICE - amount_idr, 0)


def test_more_money_than_asked_can_be_accepted_as_the_payment(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED, 3 * PRICE + 700)

    banking.close(Resolution.ACCEPT)

    assert (payment.state, banking.paid(), banking.credit()) == (P.SETTLED, [0, 1, 2], 700)
    assert banking.balances()["clearing:dict"] == 3 * PRICE + 700


def test_less_money_than_asked_cannot_be_accepted(banking: Banking) -> None:
    banking.report(banking.ask(), P.SETTLED, PRICE)

    with pytest.raises(Refused, match="kurang dari tagihan"):
        banking.close(Resolution.ACCEPT)


def test_money_that_the_bank_takes_back_leaves_the_workers_unpaid(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)

    outcome = banking.report(payment, P.REFUNDED)

    assert outcome is Outcome.MOVED
    assert banking.paid() == []
    assert (banking.bill.state, banking.bill.paid_people, banking.bill.paid_idr) == (
        BillState.SENT,
        0,
        0,
    )
    assert banking.balances() == {}
    assert banking.ask().amount_idr == 3 * PRICE


def test_an_earlier_surplus_that_it_used_is_there_again(banking: Banking) -> None:
    banking.office.pay(banking.bill, PRICE + 500)
    payment = banking.ask()
    banking.report(payment, P.SETTLED)

    banking.report(payment, P.REFUNDED)

    assert (banking.bill.state, banking.paid()) == (BillState.PART_PAID, [0])
    assert banking.credit() == 500
    banking.balances()


def test_a_surplus_that_another_bill_used_is_a_claim_that_the_next_surplus_pays(
    banking: Banking,
) -> None:
    payment = banking.ask()
    banking.office.pay(banking.bill, 3 * PRICE)
    banking.report(payment, P.SETTLED)
    banking.close(Resolution.NOTED)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    banking.office.pay(following, PRICE)  # and uses two months of the surplus

    banking.report(payment, P.REFUNDED)

    assert kinds(banking) == [CaseKind.REFUNDED_AFTER_REPAID]
    assert banking.balances()["claim:sponsor"] == 2 * PRICE
    third = banking.office.bill(banking.agreement, banking.office.later(2))
    banking.office.pay(third, 6 * PRICE)
    assert "claim:sponsor" not in banking.balances()
    assert banking.credit() == PRICE


def test_what_bpjs_has_already_is_a_claim_until_its_batch_is_cancelled(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    sent = batch(banking)

    banking.report(payment, P.REFUNDED)

    assert kinds(banking) == [CaseKind.REFUNDED_AFTER_REMITTED]
    assert banking.balances() == {"claim:sponsor": 3 * PRICE, "owed:bpjs": -3 * PRICE}
    assert banking.paid() == [0, 1, 2]
    batches.cancel(banking.session, remittance_id=sent.id, actor_id=banking.office.finance.id)
    banking.session.expire_all()
    assert banking.balances() == {}
    assert (banking.bill.state, banking.paid()) == (BillState.SENT, [])


def test_a_reversal_is_a_case_that_undoes_the_payment(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    banking.report(payment, P.FAILED)
    with pytest.raises(Refused):
        batch(banking)

    banking.close(Resolution.TAKEN_BACK)

    assert (payment.state, banking.paid()) == (P.REFUNDED, [])
    assert banking.balances() == {}


@pytest.mark.parametrize(("holds_idr", "kept_idr"), [(6 * PRICE, 3 * PRICE), (PRICE, PRICE)])
def test_what_the_bank_holds_after_an_unclear_report_is_the_sponsors(
    banking: Banking, holds_idr: int, kept_idr: int
) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    banking.report(payment, P.SETTLED, holds_idr, for_a_person="Jumlahnya berubah.")

    banking.close(Resolution.FOLLOW)

    assert banking.credit() == kept_idr
    assert banking.balances()["clearing:dict"] == holds_idr


def test_finance_does_not_send_a_sponsors_money_back_through_the_bank(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    banking.channel.refunds = Refunds(possible=True)

    offer = refunds.offer(banking.session, payment_id=payment.id, channel=banking.channel)

    assert offer.most_idr == 0
    assert "Uang sponsor" in str(offer.why_not)
    assert banking.session.scalars(select(Payment.state)).all() == [P.SETTLED]
