"""Virtual accounts of bills at the same moment, with real commits: one number, paid once."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from agentsys.agreements.kinds import BillState, LeaveReason
from agentsys.agreements.models import Agreement, AgreementMember, Bill
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import journal
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment
from agentsys.people.models import User
from agentsys.sponsors import bill_payments, members, virtual_accounts
from tests.sponsors.banking import DictBank, OtherBank
from tests.sponsors.test_races import together
from tests.sponsors.world import PRICE, Sponsored

PEOPLE = 5


@pytest.fixture
def office(committed: Flask, vault: Vault) -> Iterator[Sponsored]:
    """An office whose rows are committed."""
    with committed.app_context():
        office = Sponsored.build(db.session(), vault)
        db.session.commit()
        yield office


@pytest.fixture
def bill_id(office: Sponsored) -> int:
    """A sent bill of five workers."""
    with transaction():
        agreement = office.agreement()
        office.name(agreement, *[office.worker() for _ in range(PEOPLE)])
        return office.bill(agreement).id


def asking(
    bill_id: int, actor_id: int, *, key: str = "", channel: DictBank | None = None
) -> Callable[[], object]:
    """A clerk who chooses a bank for the whole bill."""
    return lambda: virtual_accounts.ask(
        db.session(),
        key=key or secrets.token_hex(16),
        channel=channel or DictBank(),
        bill_id=bill_id,
        actor_id=actor_id,
        shown_idr=PEOPLE * PRICE,
    )


def asked(bill_id: int, actor_id: int) -> str:
    """The reference of a virtual account that was asked for."""
    with transaction() as session:
        asking(bill_id, actor_id)()
        return session.scalars(select(Payment.reference)).one()


def settling(reference: str) -> Callable[[], object]:
    """The provider's report that it was paid."""
    said = PaymentReport(reference=reference, state=PaymentState.SETTLED, amount_idr=PEOPLE * PRICE)
    return lambda: apply_report(db.session(), report=said, by="callback")


def credit_of(bill: Bill) -> int:
    """What the agreement has left."""
    return bill_payments.credit_of(db.session(), bill)


def test_two_clerks_at_once_get_one_number(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    finance, admin = office.finance.id, office.admin.id

    outcomes = together(
        committed, asking(bill_id, finance), asking(bill_id, admin), asking(bill_id, finance)
    )

    assert outcomes == ["done"] * 3
    assert db.session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_button_that_is_pressed_twice_at_once_asks_once(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    finance, key = office.finance.id, secrets.token_hex(16)

    outcomes = together(committed, *[asking(bill_id, finance, key=key)] * 3)

    assert outcomes == ["done"] * 3
    assert db.session.scalars(select(Payment.key)).all() == [key]


def test_of_two_banks_at_once_one_is_asked(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    finance = office.finance.id

    outcomes = together(
        committed, asking(bill_id, finance), asking(bill_id, finance, channel=OtherBank())
    )

    assert Counter(outcomes) == {"done": 1, "Conflict": 1}


def test_a_report_that_comes_three_times_at_once_pays_once(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    reference = asked(bill_id, office.finance.id)

    outcomes = together(committed, *[settling(reference)] * 3)

    assert outcomes == ["done"] * 3
    bill = db.session.get_one(Bill, bill_id)
    assert (bill.state, bill.paid_people) == (BillState.PAID, PEOPLE)
    assert credit_of(bill) == 0


def test_a_transfer_and_the_banks_report_at_once_pay_once_and_the_rest_is_kept(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    reference = asked(bill_id, office.finance.id)
    with transaction() as session:
        bill = session.get_one(Bill, bill_id)
        transfer_id = office.transfer(bill, PEOPLE * PRICE).id
    admin = office.admin.id

    outcomes = together(
        committed,
        settling(reference),
        lambda: bill_payments.confirm(db.session(), payment_id=transfer_id, actor_id=admin),
    )

    assert outcomes == ["done"] * 2
    bill = db.session.get_one(Bill, bill_id)
    assert (bill.state, bill.paid_people, bill.paid_idr) == (
        BillState.PAID,
        PEOPLE,
        PEOPLE * PRICE,
    )
    assert credit_of(bill) == PEOPLE * PRICE
    owed = journal.balance(db.session(), f"owed:bpjs:{bill.office_id}")
    assert owed == -PEOPLE * PRICE


def test_a_number_that_is_paid_while_its_list_changes_pays_for_who_is_on_it(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    reference = asked(bill_id, office.finance.id)
    finance, month = office.finance.id, office.month
    agreement_id = db.session.get_one(Bill, bill_id).agreement_id
    with transaction() as session:
        agreement = session.get_one(Agreement, agreement_id)
        office.name(agreement, office.worker())  # not on this bill
    leaver = db.session.scalars(
        select(AgreementMember.worker_id).order_by(AgreementMember.worker_id)
    ).first()
    assert leaver is not None

    outcomes = together(
        committed,
        settling(reference),
        lambda: members.replace(
            db.session(),
            agreement_id=agreement_id,
            leaver_id=leaver,
            why=LeaveReason.MOVED,
            month=month,
            note="Surat 1",
            new_id=None,
            actor_id=finance,
        ),
    )

    assert outcomes == ["done"] * 2
    bill = db.session.get_one(Bill, bill_id)
    assert bill.paid_idr + credit_of(bill) == PEOPLE * PRICE
    assert bill.state is BillState.PAID


def test_cancelling_and_the_banks_report_at_once_loses_no_money(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    reference = asked(bill_id, office.finance.id)
    finance = office.finance.id

    outcomes = together(
        committed,
        settling(reference),
        lambda: virtual_accounts.cancel(
            db.session(), bill_id=bill_id, actor=db.session.get_one(User, finance)
        ),
    )

    assert outcomes == ["done"] * 2
    bill = db.session.get_one(Bill, bill_id)
    assert (bill.state, bill.paid_people) == (BillState.PAID, PEOPLE)


def test_two_bills_asked_for_at_once_do_not_both_subtract_one_surplus(
    committed: Flask, office: Sponsored, bill_id: int
) -> None:
    with transaction() as session:
        first = session.get_one(Bill, bill_id)
        office.pay(first, (PEOPLE + 2) * PRICE)
        following = [office.bill(first.agreement, office.later(n)).id for n in (1, 2)]
    finance, less = office.finance.id, (PEOPLE - 2) * PRICE

    outcomes = together(
        committed,
        *(
            lambda number=number: virtual_accounts.ask(
                db.session(),
                key=secrets.token_hex(16),
                channel=DictBank(),
                bill_id=number,
                actor_id=finance,
                shown_idr=less,  # both clerks saw the surplus
            )
            for number in following
        ),
    )

    assert Counter(outcomes) == {"done": 1, "Conflict": 1}
    asked_idr = db.session.scalars(
        select(Payment.amount_idr).where(Payment.for_bill_id.in_(following))
    ).all()
    assert asked_idr == [less]
