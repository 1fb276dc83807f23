"""Sponsors at the same moment, with real commits: nothing is doubled, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from agentsys.agreements.kinds import BillState, LeaveReason, SponsorKind
from agentsys.agreements.models import Agreement, Bill
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.sponsors import bill_payments, bills, credit, members, versions
from agentsys.workers.models import Enrolment
from tests.sponsors.world import PRICE, Sponsored


@pytest.fixture
def office(committed: Flask, vault: Vault) -> Iterator[Sponsored]:
    """An office whose rows are committed."""
    with committed.app_context():
        office = Sponsored.build(db.session(), vault)
        db.session.commit()
        yield office


def together(app: Flask, *works: Callable[[], object]) -> list[str]:
    """Start all at once, each in a thread with its own transaction; what each came to."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> str:
        with app.app_context():
            ready.wait(timeout=30)
            try:
                with transaction():
                    work()
            except Refused as refused:
                return type(refused).__name__
            return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def _agreed(office: Sponsored, *kinds: SponsorKind) -> list[int]:
    with transaction():
        return [office.agreement(kind).id for kind in kinds]


def _named(office: Sponsored, agreement_id: int, count: int) -> list[int]:
    """The ids of new workers whom the agreement pays for."""
    with transaction() as session:
        workers = [office.worker() for _ in range(count)]
        office.name(session.get_one(Agreement, agreement_id), *workers)
        return [worker.id for worker in workers]


def _version(office: Sponsored, agreement_id: int, worker_ids: list[int]) -> int:
    with transaction() as session:
        return office.version(session.get_one(Agreement, agreement_id), worker_ids).id


def _billed(office: Sponsored, agreement_id: int) -> int:
    with transaction() as session:
        return office.bill(session.get_one(Agreement, agreement_id)).id


def _transfer(office: Sponsored, bill_id: int, amount_idr: int) -> int:
    with transaction() as session:
        return office.transfer(session.get_one(Bill, bill_id), amount_idr).id


def test_two_sponsors_racing_for_one_worker_leave_one_payer(
    committed: Flask, office: Sponsored
) -> None:
    city, province = _agreed(office, SponsorKind.CITY, SponsorKind.PROVINCE)
    with transaction():
        ids = [office.worker().id for _ in range(20)]
    lists = [_version(office, city, ids), _version(office, province, ids)]
    finance = office.finance.id

    outcomes = together(
        committed,
        *(
            lambda number=number: versions.apply(db.session(), version_id=number, actor_id=finance)
            for number in lists
        ),
    )

    assert outcomes == ["done", "done"]
    payers = db.session.execute(
        select(Enrolment.worker_id, Enrolment.agreement_id).where(Enrolment.until_month.is_(None))
    ).all()
    assert sorted(payers) == [(worker_id, province) for worker_id in sorted(ids)]


def test_a_transfer_that_two_confirm_at_once_pays_once(committed: Flask, office: Sponsored) -> None:
    [city] = _agreed(office, SponsorKind.CITY)
    _named(office, city, 5)
    bill_id = _billed(office, city)
    payment_id = _transfer(office, bill_id, 5 * PRICE)
    admin = office.admin.id

    outcomes = together(
        committed,
        *[lambda: bill_payments.confirm(db.session(), payment_id=payment_id, actor_id=admin)] * 3,
    )

    assert Counter(outcomes) == {"done": 1, "Conflict": 2}
    bill = db.session.get_one(Bill, bill_id)
    assert (bill.state, bill.paid_people, bill.paid_idr) == (BillState.PAID, 5, 5 * PRICE)


def test_a_bill_that_is_paid_while_its_list_changes_pays_for_who_is_on_it(
    committed: Flask, office: Sponsored
) -> None:
    [city] = _agreed(office, SponsorKind.CITY)
    ids = _named(office, city, 6)
    bill_id = _billed(office, city)
    payment_id = _transfer(office, bill_id, 6 * PRICE)
    finance, admin, month = office.finance.id, office.admin.id, office.month

    def leave(worker_id: int) -> None:
        members.replace(
            db.session(),
            agreement_id=city,
            leaver_id=worker_id,
            why=LeaveReason.MOVED,
            month=month,
            note="Surat 1",
            new_id=None,
            actor_id=finance,
        )

    outcomes = together(
        committed,
        lambda: bill_payments.confirm(db.session(), payment_id=payment_id, actor_id=admin),
        lambda: leave(ids[0]),
        lambda: leave(ids[1]),
    )

    assert outcomes == ["done"] * 3
    bill = db.session.get_one(Bill, bill_id)
    paid = db.session.scalar(
        select(func.count()).where(
            Contribution.bill_id == bill_id, Contribution.payment_id.is_not(None)
        )
    )
    left = bill_payments.credit_of(db.session(), bill)
    assert bill.paid_people == paid
    assert bill.paid_idr + left == 6 * PRICE


def test_a_month_that_is_billed_while_its_bill_is_sent_is_on_one_part_of_it(
    committed: Flask, office: Sponsored
) -> None:
    [city] = _agreed(office, SponsorKind.CITY)
    ids = _named(office, city, 4)
    month, finance, office_id = office.month, office.finance.id, office.office_id
    with transaction() as session:
        billing.bill_some(session, month=month, worker_ids=ids[:2])
        bill_id = session.scalars(select(Bill.id)).one()

    outcomes = together(
        committed,
        lambda: bills.send(db.session(), bill_id=bill_id, actor_id=finance),
        lambda: billing.bill_month(
            db.session(), month=month, actor_id=finance, office_id=office_id
        ),
    )

    assert outcomes == ["done", "done"]
    lines = Counter(
        db.session.scalars(select(Contribution.bill_id).where(Contribution.month == month))
    )
    sent = db.session.get_one(Bill, bill_id)
    assert sum(lines.values()) == 4
    assert sent.people == lines[bill_id]
    assert None not in lines


def test_two_bills_that_are_paid_from_one_surplus_at_once_use_it_once(
    committed: Flask, office: Sponsored
) -> None:
    [city] = _agreed(office, SponsorKind.CITY)
    _named(office, city, 3)
    with transaction() as session:
        agreement = session.get_one(Agreement, city)
        office.pay(office.bill(agreement), 8 * PRICE)  # 5 are left: enough for one of the next two
        following = [office.bill(agreement, office.later(n)).id for n in (1, 2)]
    finance = office.finance.id

    outcomes = together(
        committed,
        *(
            lambda bill_id=bill_id: credit.pay_whole(
                db.session(), bill_id=bill_id, actor_id=finance
            )
            for bill_id in following * 2
        ),
    )

    assert Counter(outcomes)["done"] == 1
    found = [db.session.get_one(Bill, bill_id) for bill_id in following]
    assert sorted(bill.paid_people for bill in found) == [0, 3]
    assert bill_payments.credit_of(db.session(), found[0]) == 2 * PRICE


def test_a_surplus_is_used_once_by_a_transfer_and_another_bill_at_once(
    committed: Flask, office: Sponsored
) -> None:
    [city] = _agreed(office, SponsorKind.CITY)
    _named(office, city, 3)
    with transaction() as session:
        agreement = session.get_one(Agreement, city)
        office.pay(office.bill(agreement), 6 * PRICE)  # 3 are left
        second, third = (office.bill(agreement, office.later(n)).id for n in (1, 2))
    payment_id = _transfer(office, third, PRICE)
    finance, admin = office.finance.id, office.admin.id

    together(
        committed,
        lambda: credit.pay_whole(db.session(), bill_id=second, actor_id=finance),
        lambda: bill_payments.confirm(db.session(), payment_id=payment_id, actor_id=admin),
    )

    found = [db.session.get_one(Bill, bill_id) for bill_id in (second, third)]
    left = bill_payments.credit_of(db.session(), found[0])
    assert sum(bill.paid_idr for bill in found) + left == 4 * PRICE
