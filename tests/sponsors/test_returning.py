"""A sponsor's money that goes back by transfer: by two persons, and never more than is left."""

from __future__ import annotations

import secrets

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from agentsys.agreements.kinds import AgreementState
from agentsys.agreements.models import Agreement, Bill
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Forbidden, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts
from agentsys.people.models import RoleName, User
from agentsys.sponsors import credit
from agentsys.transfers.models import Direction, Transfer, TransferState
from agentsys.transfers.queries import sponsors_money, waiting_transfers
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from tests.factories import make_office, make_user
from tests.sponsors.banking import Banking
from tests.sponsors.test_races import together
from tests.sponsors.world import PRICE, Sponsored

P = PaymentState


@pytest.fixture
def banking(office: Sponsored) -> Banking:
    """A bill of three workers, and a bank."""
    return Banking(office)


def account_of(agreement: Agreement, *, claim: bool = False) -> str:
    name = accounts.claim_on_sponsor if claim else accounts.owed_to_sponsor
    return name(agreement.id, agreement.office_id)


def proposed(
    office: Sponsored,
    account: str,
    amount_idr: int,
    *,
    actor: User | None = None,
    bank_ref: str = "",
) -> Transfer:
    return propose(
        office.session,
        account=account,
        amount_idr=amount_idr,
        bank_ref=bank_ref or secrets.token_hex(6),
        note="Surat 900/12, Bank Daerah 0021",
        actor_id=(actor or office.finance).id,
    )


def booked(office: Sponsored, transfer: Transfer, actor: User | None = None) -> Transfer:
    return decide_transfer(
        office.session,
        transfer_id=transfer.id,
        action=TransferAction.BOOK,
        actor_id=(actor or office.admin).id,
    )


def test_what_is_left_goes_back_when_a_second_person_books_it(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    transfer = proposed(banking.office, account_of(banking.agreement), 2 * PRICE)
    assert banking.credit() == 2 * PRICE
    assert (transfer.direction, transfer.agreement_id) == (Direction.OUT, banking.agreement.id)

    booked(banking.office, transfer)

    assert transfer.state is TransferState.BOOKED
    assert banking.balances() == {"bank:collection": 3 * PRICE, "owed:bpjs": -3 * PRICE}


def test_it_goes_back_after_the_agreement_ended(banking: Banking) -> None:
    banking.office.pay(banking.bill, 4 * PRICE)
    banking.agreement.state = AgreementState.ENDED

    booked(banking.office, proposed(banking.office, account_of(banking.agreement), PRICE))

    assert banking.credit() == 0


def test_who_proposed_it_cannot_book_it_and_the_database_agrees(banking: Banking) -> None:
    banking.office.pay(banking.bill, 4 * PRICE)
    transfer = proposed(banking.office, account_of(banking.agreement), PRICE)

    with pytest.raises(Forbidden):
        booked(banking.office, transfer, banking.office.finance)
    with pytest.raises(IntegrityError), banking.session.begin_nested():
        banking.session.execute(
            text(
                "UPDATE transfers SET state = 'booked', decided_by = proposed_by,"
                " decided_at = proposed_at"
            )
        )


def test_more_than_is_left_is_refused(banking: Banking) -> None:
    banking.office.pay(banking.bill, 4 * PRICE)

    with pytest.raises(Refused, match="terlalu banyak"):
        proposed(banking.office, account_of(banking.agreement), PRICE + 1)


def test_what_was_used_for_a_bill_meanwhile_is_not_booked(banking: Banking) -> None:
    banking.office.pay(banking.bill, 6 * PRICE)
    transfer = proposed(banking.office, account_of(banking.agreement), 3 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    credit.pay_whole(banking.session, bill_id=following.id, actor_id=banking.office.finance.id)

    with pytest.raises(Refused, match="terlalu banyak"):
        booked(banking.office, transfer)


def test_what_an_open_virtual_account_counts_on_stays(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    following = banking.office.bill(banking.agreement, banking.office.later(1))
    number = banking.ask(bill=following)
    money = sponsors_money(
        banking.session,
        agreement_id=banking.agreement.id,
        office_id=banking.agreement.office_id,
    )
    assert (money.owed_idr, money.held_idr) == (2 * PRICE, 2 * PRICE)

    with pytest.raises(Refused, match="terlalu banyak"):
        proposed(banking.office, account_of(banking.agreement), 1)

    banking.report(number, P.EXPIRED)
    proposed(banking.office, account_of(banking.agreement), 2 * PRICE)


def test_one_proposal_waits_at_a_time(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    proposed(banking.office, account_of(banking.agreement), PRICE)

    with pytest.raises(Conflict):
        proposed(banking.office, account_of(banking.agreement), PRICE)


def test_what_a_sponsor_owes_is_received_by_two_persons(banking: Banking) -> None:
    payment = banking.ask()
    banking.report(payment, P.SETTLED)
    banking.office.pay(banking.office.bill(banking.agreement, banking.office.later(1)), 3 * PRICE)
    banking.session.execute(text("UPDATE contributions SET remittance_id = NULL"))
    late = banking.office.bill(banking.agreement, banking.office.later(2))
    other = banking.ask(bill=late)
    banking.office.pay(late, 3 * PRICE)
    banking.report(other, P.SETTLED)  # left over, and used for the next bill
    used = banking.office.bill(banking.agreement, banking.office.later(3))
    credit.pay_whole(banking.session, bill_id=used.id, actor_id=banking.office.finance.id)
    banking.report(other, P.REFUNDED)
    account = account_of(banking.agreement, claim=True)

    transfer = proposed(banking.office, account, PRICE)
    booked(banking.office, transfer)

    assert transfer.direction is Direction.IN
    assert banking.balances()["claim:sponsor"] == 2 * PRICE


@pytest.mark.parametrize(
    "account",
    ["owed:sponsor:{a}:0", "owed:sponsor:0:{o}", "owed:sponsor:{a}", "owed:sponsor:{a}:{o} ", "x"],
)
def test_an_account_that_is_nobodys_is_not_found(banking: Banking, account: str) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    named = account.format(a=banking.agreement.id, o=banking.agreement.office_id)

    with pytest.raises(NotFound):
        proposed(banking.office, named, 1)


def test_only_finance_of_the_office_proposes(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    elsewhere = make_office(banking.session).id
    stranger = make_user(banking.session, RoleName.FINANCE, office_id=elsewhere)
    auditor = make_user(banking.session, RoleName.AUDITOR, office_id=banking.office.office_id)

    for actor, error in ((stranger, NotFound), (auditor, Forbidden)):
        with pytest.raises(error):
            proposed(banking.office, account_of(banking.agreement), PRICE, actor=actor)


def test_the_list_of_what_waits_names_the_sponsor(banking: Banking) -> None:
    banking.office.pay(banking.bill, 5 * PRICE)
    proposed(banking.office, account_of(banking.agreement), PRICE)

    [row] = waiting_transfers(banking.session, banking.office.admin, limit=5)

    assert row.with_name == banking.agreement.sponsor.name
    assert (row.worker_id, row.agreement_id) == (None, banking.agreement.id)
    assert (
        waiting_transfers(banking.session, banking.office.admin, unexplained_only=True, limit=5)
        == []
    )


def test_a_return_and_a_bill_at_once_use_the_money_once(
    committed: Flask, stored_office: Sponsored
) -> None:
    office = stored_office
    with transaction():
        agreement = office.agreement()
        office.name(agreement, *[office.worker() for _ in range(3)])
        office.pay(office.bill(agreement), 6 * PRICE)
        bill_id = office.bill(agreement, office.later(1)).id
        transfer_id = proposed(office, account_of(agreement), 3 * PRICE).id
        account = account_of(agreement)
    finance, admin = office.finance.id, office.admin.id

    outcomes = together(
        committed,
        lambda: credit.pay_whole(db.session(), bill_id=bill_id, actor_id=finance),
        lambda: decide_transfer(
            db.session(), transfer_id=transfer_id, action=TransferAction.BOOK, actor_id=admin
        ),
    )

    assert sorted(outcomes) == ["Refused", "done"]
    paid = db.session.get_one(Bill, bill_id).paid_people == 3
    returned = db.session.get_one(Transfer, transfer_id).state is TransferState.BOOKED
    assert paid != returned
    assert account.startswith("owed:sponsor:")
