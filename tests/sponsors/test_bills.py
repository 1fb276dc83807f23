"""A sponsor's bill: who is on it, sending it, and paying it whole or in part."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from agentsys.agreements.kinds import BillState, PriceBasis, SponsorKind
from agentsys.agreements.models import Bill
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.payments.asked_months import open_months
from agentsys.payments.models import Receipt
from agentsys.people.models import RoleName
from agentsys.remittances import batches
from agentsys.sponsors import bill_payments, bills
from agentsys.sponsors.bills import BudgetExceeded
from agentsys.workers.kinds import Funding
from tests.factories import make_office, make_user
from tests.sponsors.world import PRICE, Sponsored


def test_a_bill_has_one_line_for_each_worker_whom_the_agreement_pays(office: Sponsored) -> None:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(3)]
    office.worker()  # pays for himself
    office.name(agreement, *workers)

    bill = office.bill(agreement)

    assert (bill.people, bill.amount_idr, bill.state) == (3, 3 * PRICE, BillState.SENT)
    lines = office.session.scalars(select(Contribution).where(Contribution.bill_id == bill.id))
    assert {(line.worker_id, line.funding) for line in lines} == {
        (worker.id, Funding.APBD) for worker in workers
    }


def test_an_agreement_by_the_lowest_income_bills_everybody_the_same(office: Sponsored) -> None:
    rich = office.worker(income_idr=9_000_000)
    lowest = office.agreement()
    office.name(lowest, rich)
    by_income = office.agreement(SponsorKind.PROVINCE, price_basis=PriceBasis.INCOME)
    other = office.worker(income_idr=9_000_000)
    office.name(by_income, other)

    assert office.bill(lowest).amount_idr == PRICE
    assert office.bill(by_income).amount_idr > PRICE


def test_who_is_billed_after_the_bill_was_sent_comes_into_another_part(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    first = office.bill(agreement)
    office.name(agreement, office.worker())

    second = office.bill(agreement)

    assert (first.part, first.people, second.part, second.people) == (1, 1, 2, 1)


def test_a_month_without_anybody_makes_no_bill(office: Sponsored) -> None:
    office.agreement()
    with pytest.raises(AssertionError):
        office.bill(office.agreement())
    assert office.session.scalar(select(func.count()).select_from(Bill)) == 0


def test_a_bill_is_sent_once(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)

    with pytest.raises(Conflict, match="sudah dikirim"):
        bills.send(office.session, bill_id=bill.id, actor_id=office.finance.id)


def test_a_bill_beyond_the_budget_is_not_sent(office: Sponsored) -> None:
    agreement = office.agreement(most_idr=3 * PRICE)
    office.name(agreement, office.worker(), office.worker())
    office.bill(agreement)

    with pytest.raises(BudgetExceeded, match="Anggaran"):
        office.bill(agreement, office.later(1))


def test_a_user_of_another_office_does_not_find_the_bill(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement, send=False)
    stranger = make_user(office.session, RoleName.FINANCE, office_id=make_office(office.session).id)

    with pytest.raises(NotFound):
        bills.send(office.session, bill_id=bill.id, actor_id=stranger.id)


def test_an_agent_may_not_send_a_bill(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement, send=False)
    assert office.agent.user_id is not None

    with pytest.raises(Forbidden):
        bills.send(office.session, bill_id=bill.id, actor_id=office.agent.user_id)


def test_a_whole_transfer_pays_all_lines_and_goes_to_bpjs_in_one_batch(office: Sponsored) -> None:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(4)]
    office.name(agreement, *workers)
    bill = office.bill(agreement)

    paid = office.pay(bill, 4 * PRICE)

    assert (paid.people, paid.amount_idr, paid.left_idr) == (4, 4 * PRICE, 0)
    assert bill.state is BillState.PAID
    assert all(office.paid_months(worker) == [office.month] for worker in workers)
    assert journal.balance(office.session, accounts.bank(office.office_id)) == 4 * PRICE
    assert journal.balance(office.session, accounts.owed_bpjs(office.office_id)) == -4 * PRICE
    assert office.session.scalar(select(func.count()).select_from(Receipt)) == 1
    batch = batches.make_batch(
        office.session, office_id=office.office_id, actor_id=office.finance.id
    )
    assert (batch.count, batch.amount_idr) == (4, 4 * PRICE)


def test_a_transfer_waits_for_a_second_person(office: Sponsored) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    transfer = office.transfer(office.bill(agreement), PRICE)

    with pytest.raises(Forbidden, match="orang lain"):
        bill_payments.confirm(office.session, payment_id=transfer.id, actor_id=office.finance.id)
    assert office.paid_months(worker) == []


def test_a_transfer_is_confirmed_once(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker(), office.worker())
    transfer = office.transfer(office.bill(agreement), PRICE)
    bill_payments.confirm(office.session, payment_id=transfer.id, actor_id=office.admin.id)

    with pytest.raises(Conflict):
        bill_payments.confirm(office.session, payment_id=transfer.id, actor_id=office.admin.id)


def test_one_line_of_the_banks_statement_is_recorded_once(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker(), office.worker())
    bill = office.bill(agreement)
    office.transfer(bill, PRICE, "TRX 0001")

    with pytest.raises(Conflict, match="sudah dicatat"):
        office.transfer(bill, PRICE, "trx  0001")


def test_a_refused_transfer_pays_nothing_and_its_reference_can_be_used_again(
    office: Sponsored,
) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    bill = office.bill(agreement)
    transfer = office.transfer(bill, PRICE, "TRX 0001")
    with pytest.raises(Invalid):
        bill_payments.refuse(
            office.session, payment_id=transfer.id, reason=" ", actor_id=office.admin.id
        )

    bill_payments.refuse(
        office.session, payment_id=transfer.id, reason="tidak ada", actor_id=office.admin.id
    )

    assert office.paid_months(worker) == []
    assert office.transfer(bill, PRICE, "TRX 0001").id != transfer.id


def test_a_small_transfer_pays_for_whole_workers_who_are_longest_on_the_list(
    office: Sponsored,
) -> None:
    agreement = office.agreement()
    late, early = office.worker(), office.worker()
    office.name(agreement, early)
    office.name(agreement, late, from_month=office.later(1))
    bill = office.bill(agreement, office.later(1))

    paid = office.pay(bill, 2 * PRICE - 1)

    assert (paid.people, paid.left_idr, bill.state) == (1, PRICE - 1, BillState.PART_PAID)
    assert office.paid_months(early) == [office.later(1)]
    assert office.paid_months(late) == []


def test_what_is_left_over_is_used_for_the_next_transfer(office: Sponsored) -> None:
    agreement = office.agreement()
    workers = [office.worker(), office.worker()]
    office.name(agreement, *workers)
    bill = office.bill(agreement)
    office.pay(bill, 2 * PRICE + 5_000)
    following = office.bill(agreement, office.later(1))
    assert bill_payments.credit_of(office.session, following) == 5_000

    paid = office.pay(following, 2 * PRICE - 5_000)

    assert (paid.people, paid.left_idr, following.state) == (2, 0, BillState.PAID)
    assert bill_payments.credit_of(office.session, following) == 0


def test_less_than_one_workers_month_pays_nobody_and_is_kept(office: Sponsored) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    bill = office.bill(agreement)

    paid = office.pay(bill, 100)

    assert (paid.people, paid.left_idr, bill.state) == (0, 100, BillState.SENT)
    assert office.pay(bill, PRICE - 100).left_idr == 0
    assert office.paid_months(worker) == [office.month]


def test_a_bill_that_was_not_sent_or_is_paid_takes_no_transfer(office: Sponsored) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement, send=False)
    with pytest.raises(Conflict, match="belum dikirim"):
        office.transfer(bill, PRICE)
    bills.send(office.session, bill_id=bill.id, actor_id=office.finance.id)
    office.pay(bill, PRICE)

    with pytest.raises(Conflict, match="sudah lunas"):
        office.transfer(bill, PRICE)


def test_the_worker_is_not_asked_for_what_the_sponsor_pays(office: Sponsored) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    office.bill(agreement)

    with pytest.raises(Refused, match="Jangan menagih"):
        open_months(office.session, worker.id, [office.month])
