"""What a sponsor paid too much: it pays a whole bill by itself, and is counted on only once."""

from __future__ import annotations

import pytest

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.errors import Conflict, Forbidden, NotFound, Refused
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments import bill_claims
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from agentsys.sponsors import credit, transfer_queries, virtual_accounts
from agentsys.sponsors.bill_queries import bill_in_scope
from tests.factories import make_office, make_user
from tests.sponsors.banking import Banking
from tests.sponsors.world import PRICE, Sponsored

P = PaymentState


@pytest.fixture
def banking(office: Sponsored) -> Banking:
    """A bill of three workers, and a bank."""
    return Banking(office)


def use(banking: Banking, bill: Bill) -> credit.Paid:
    return credit.pay_whole(banking.session, bill_id=bill.id, actor_id=banking.office.finance.id)


def seen(banking: Banking, bill: Bill) -> transfer_queries.Credit:
    """What the page of a bill says about it."""
    row = bill_in_scope(banking.session, banking.office.finance, bill.id)
    return transfer_queries.credit(banking.session, row)


def asked(banking: Banking, bill: Bill) -> Payment:
    """A virtual account for what the page of a bill says that it needs."""
    needed = virtual_accounts.needed_idr(
        banking.session, bill_id=bill.id, credit_idr=seen(banking, bill).usable_idr
    )
    return banking.ask(bill=bill, shown_idr=needed)


def test_a_surplus_that_covers_the_next_bill_pays_it_without_a_transfer(banking: Banking) -> None:
    banking.office.pay(banking.bill, 7 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))

    paid = use(banking, following)

    assert (paid.people, paid.amount_idr, paid.left_idr) == (3, 3 * PRICE, PRICE)
    assert following.state is BillState.PAID
    assert banking.balances() == {
        "bank:collection": 7 * PRICE,
        "owed:bpjs": -6 * PRICE,
        "owed:sponsor": -PRICE,
    }
    batch = batches.make_batch(
        banking.session, office_id=banking.office.office_id, actor_id=banking.office.finance.id
    )
    assert (batch.count, batch.amount_idr) == (6, 6 * PRICE)


def test_a_bill_is_paid_from_the_surplus_once(banking: Banking) -> None:
    banking.office.pay(banking.bill, 10 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    use(banking, following)

    with pytest.raises(Conflict, match="sudah lunas"):
        use(banking, following)

    assert banking.credit() == 4 * PRICE


def test_the_rest_of_a_bill_that_is_paid_in_part_can_be_paid_so(banking: Banking) -> None:
    banking.office.pay(banking.bill, PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    banking.office.pay(following, 5 * PRICE)
    assert banking.bill.state is BillState.PART_PAID

    paid = use(banking, banking.bill)

    assert (paid.people, paid.left_idr) == (2, 0)
    assert banking.bill.state is BillState.PAID
    assert banking.balances()["owed:bpjs"] == -6 * PRICE


def test_a_surplus_that_is_too_small_pays_nothing_and_says_what_is_needed(banking: Banking) -> None:
    banking.office.pay(banking.bill, 6 * PRICE - 1)
    following = banking.office.bill(banking.agreement, banking.office.later(1))

    with pytest.raises(Refused, match=r"tidak cukup untuk tagihan ini, yang membutuhkan Rp50\.400"):
        use(banking, following)

    assert following.paid_people == 0


def test_a_bill_that_is_not_sent_takes_no_surplus(banking: Banking) -> None:
    banking.office.pay(banking.bill, 7 * PRICE)
    unsent = banking.office.bill(banking.agreement, banking.office.later(1), send=False)

    with pytest.raises(Conflict, match="belum dikirim"):
        use(banking, unsent)


def test_only_finance_of_the_office_uses_a_surplus(banking: Banking) -> None:
    banking.office.pay(banking.bill, 7 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    elsewhere = make_office(banking.session).id
    stranger = make_user(banking.session, RoleName.FINANCE, office_id=elsewhere)
    auditor = make_user(banking.session, RoleName.AUDITOR, office_id=banking.office.office_id)

    for actor, error in ((stranger, NotFound), (auditor, Forbidden)):
        with pytest.raises(error):
            credit.pay_whole(banking.session, bill_id=following.id, actor_id=actor.id)


def test_a_surplus_that_was_used_is_a_claim_when_the_bank_takes_its_money_back(
    banking: Banking,
) -> None:
    late = asked(banking, banking.bill)
    banking.office.pay(banking.bill, 3 * PRICE)  # so the virtual account's money is left over
    banking.report(late, P.SETTLED)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    use(banking, following)

    banking.report(late, P.REFUNDED)

    assert banking.balances()["claim:sponsor"] == 3 * PRICE


def test_two_open_bills_do_not_ask_less_by_the_same_surplus(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    second, third = (
        banking.office.bill(banking.agreement, banking.office.later(n)) for n in (1, 2)
    )

    first, other = asked(banking, second), asked(banking, third)

    assert (first.amount_idr, other.amount_idr) == (PRICE, 3 * PRICE)
    assert (seen(banking, third).usable_idr, seen(banking, third).held_idr) == (0, 2 * PRICE)
    banking.report(other, P.SETTLED)
    banking.report(first, P.SETTLED)
    assert {second.state, third.state} == {BillState.PAID}
    assert banking.credit() == 0
    assert banking.balances()["owed:bpjs"] == -9 * PRICE


def test_a_transfer_leaves_what_a_virtual_account_of_another_bill_counts_on(
    banking: Banking,
) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    second, third = (
        banking.office.bill(banking.agreement, banking.office.later(n)) for n in (1, 2)
    )
    asked(banking, second)

    paid = banking.office.pay(third, PRICE)

    assert (paid.people, third.state) == (1, BillState.PART_PAID)
    assert banking.credit() == 2 * PRICE


@pytest.mark.parametrize("how", ["expired", "cancelled", "paid by a transfer"])
def test_a_virtual_account_that_is_over_leaves_the_surplus_to_the_next(
    banking: Banking, how: str
) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    second, third = (
        banking.office.bill(banking.agreement, banking.office.later(n)) for n in (1, 2)
    )
    first = asked(banking, second)

    if how == "expired":
        banking.report(first, P.EXPIRED)
    elif how == "cancelled":
        virtual_accounts.cancel(banking.session, bill_id=second.id, actor=banking.office.finance)
    else:
        banking.office.pay(second, 3 * PRICE)

    assert asked(banking, third).amount_idr == PRICE


def test_the_database_keeps_a_surplus_for_one_virtual_account(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    second, third = (
        banking.office.bill(banking.agreement, banking.office.later(n)) for n in (1, 2)
    )
    first = asked(banking, second)
    banking.report(first, P.PENDING)

    held = bill_claims.held_elsewhere(
        banking.session, agreement_id=banking.agreement.id, bill_id=third.id
    )

    assert held == 2 * PRICE
    assert bill_claims.usable_credit(banking.session, second) == 2 * PRICE


def test_a_payment_from_a_surplus_is_no_transfer_and_no_virtual_account(banking: Banking) -> None:
    banking.office.pay(banking.bill, 7 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    use(banking, following)

    assert transfer_queries.transfers(banking.session, following.id) == []
    assert transfer_queries.virtual_accounts(banking.session, following.id) == []
    assert seen(banking, following).credit_paid_idr == 3 * PRICE
    payment = banking.session.query(Payment).filter_by(for_bill_id=following.id).one()
    assert payment.custody is Custody.CREDIT
