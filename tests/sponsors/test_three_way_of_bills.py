"""Contributions that sponsors pay stand in the three-way match like those of workers."""

from __future__ import annotations

import pytest

from agentsys import clock
from agentsys.closing import three_way
from agentsys.closing.three_way import SPONSOR, MatchClass, ThreeWay
from agentsys.extension.contract import PaymentState
from agentsys.months import HEAD_OFFICE
from agentsys.statements import accounts, importing, uploading
from tests.sponsors.banking import Banking
from tests.sponsors.world import PRICE, Sponsored
from tests.statements.test_gateway_fees import HEADINGS


@pytest.fixture
def banking(office: Sponsored) -> Banking:
    """A bill of three workers, and a bank."""
    return Banking(office)


def found(banking: Banking) -> ThreeWay:
    """The match of the bill's month."""
    banking.session.flush()
    office = banking.office
    return three_way.match(banking.session, office_id=office.office_id, month=office.month)


def kinds(match: ThreeWay) -> dict[MatchClass, int]:
    """How many contributions each class has."""
    return {kind: sums.count for kind, sums in match.by_class.items() if sums.count}


def test_a_transfer_pays_all_workers_of_a_bill_and_the_journal_holds_their_sum(
    banking: Banking,
) -> None:
    before = kinds(found(banking))
    banking.office.pay(banking.bill, 3 * PRICE)

    match = found(banking)
    assert before == {MatchClass.UNPAID: 3}
    assert kinds(match) == {MatchClass.PAID: 3}
    assert match.by_channel[SPONSOR].journal_idr == 3 * PRICE


def test_a_transfer_for_a_part_of_a_bill_leaves_the_others_unpaid(banking: Banking) -> None:
    banking.office.pay(banking.bill, 2 * PRICE + 5_000)

    match = found(banking)
    assert kinds(match) == {MatchClass.PAID: 2, MatchClass.UNPAID: 1}
    assert match.total.journal_idr == 2 * PRICE


def test_a_virtual_account_that_only_the_report_knows_is_without_journal(
    banking: Banking,
) -> None:
    payment = banking.ask()
    office = banking.office
    account = accounts.add_account(
        banking.session,
        office_id=office.office_id,
        name="Gateway",
        provider=payment.clearing,
        actor_id=office.finance.id,
    )
    day = clock.now().astimezone(HEAD_OFFICE).date()
    sums = f"{payment.amount_idr}.00,0.00,0.00,{payment.amount_idr}.00"
    line = f"{payment.reference},Settlement,va,{day},{sums}"
    file = uploading.upload(
        banking.session,
        vault=office.vault,
        account_id=account.id,
        filename="laporan.csv",
        content=f"{HEADINGS}\n{line}".encode(),
        actor_id=office.finance.id,
    )
    importing.import_in(banking.session, office.vault, file.id)

    assert kinds(found(banking)) == {MatchClass.UNBOOKED: 3}
    banking.report(payment, PaymentState.SETTLED)
    match = found(banking)
    assert kinds(match) == {MatchClass.PAID: 3}
    assert match.total.gateway_idr == match.total.journal_idr == 3 * PRICE
    assert office.paid_months(banking.workers[0])
