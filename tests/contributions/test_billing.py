"""Billing: who is billed, at which price, and that repeating it changes nothing."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agentsys.contributions import billing
from agentsys.contributions.models import BillingRun, Contribution, ContributionState
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound
from agentsys.workers.models import Assignment, Enrolment, Funding, Programmes, Sector
from tests.factories import (
    make_agent,
    make_contribution,
    make_enrolment,
    make_office,
    make_worker,
)

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


def billed(session: Session, **conditions: Any) -> list[Contribution]:
    """All contributions, by worker and month."""
    return list(
        session.scalars(
            select(Contribution)
            .filter_by(**conditions)
            .order_by(Contribution.worker_id, Contribution.month)
        )
    )


def test_each_enrolled_worker_is_billed_by_sector_payer_package_and_income(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    rider = make_worker(session, vault, agent=agent, sector=Sector.TRANSPORT)
    vendor = make_worker(
        session, vault, agent=agent, programmes=Programmes.THREE, income_idr=2_950_000
    )
    sponsored = make_worker(session, vault, agent=agent, funding=Funding.APBD)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None)

    amounts = {c.worker_id: c.amount_idr for c in billed(session)}
    assert amounts == {rider.id: 8_400, vendor.id: 77_150, sponsored.id: 16_800}
    assert (run.billed, run.already, run.amount_idr) == (3, 0, 102_350)
    assert run.finished_at is not None
    [one] = billed(session, worker_id=vendor.id)
    assert (one.jkk_idr, one.jkm_idr, one.jht_idr) == (14_750, 3_400, 59_000)
    assert one.tariff == "PP 44/2015, PP 46/2015, PP 50/2025"
    assert (one.agent_id, one.office_id) == (agent.id, agent.office_id)
    assert one.state is ContributionState.BILLED


def test_billing_again_adds_only_who_came_since(session: Session, vault: Vault) -> None:
    first = make_worker(session, vault)
    billing.bill_month(session, month=NOVEMBER, actor_id=None)
    [before] = billed(session, worker_id=first.id)
    billed_at = before.billed_at
    make_worker(session, vault)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None)

    assert (run.billed, run.already) == (1, 1)
    session.expire_all()
    assert billed(session, worker_id=first.id)[0].billed_at == billed_at


def test_a_membership_is_billed_from_its_first_month_until_it_ended(
    session: Session, vault: Vault
) -> None:
    starts_later = make_worker(session, vault, enrolled_from=DECEMBER)
    ended = make_worker(session, vault, enrolled_from=date(2026, 1, 1))
    session.query(Enrolment).filter_by(worker_id=ended.id).update({"until_month": NOVEMBER})
    make_enrolment(
        session, ended, programmes=Programmes.THREE, from_month=DECEMBER, funding=Funding.APBD
    )

    for month in (OCTOBER, NOVEMBER, DECEMBER):
        billing.bill_month(session, month=month, actor_id=None)

    assert [c.month for c in billed(session, worker_id=starts_later.id)] == [DECEMBER]
    months = {c.month: c.programmes for c in billed(session, worker_id=ended.id)}
    assert months == {OCTOBER: Programmes.TWO, DECEMBER: Programmes.THREE}


def test_a_month_belongs_to_the_agent_who_managed_the_worker_then(
    session: Session, vault: Vault
) -> None:
    before, after = make_agent(session), make_agent(session)
    worker = make_worker(session, vault, agent=before, enrolled_from=OCTOBER)
    session.query(Assignment).filter_by(worker_id=worker.id).update({"until_month": NOVEMBER})
    session.add(Assignment(worker_id=worker.id, agent_id=after.id, from_month=NOVEMBER))
    worker.agent_id = after.id
    session.flush()

    for month in (OCTOBER, NOVEMBER):
        billing.bill_month(session, month=month, actor_id=None)

    assert [c.agent_id for c in billed(session, worker_id=worker.id)] == [before.id, after.id]


def test_one_office_can_be_billed_alone(session: Session, vault: Vault) -> None:
    here, there = make_office(session), make_office(session)
    worker = make_worker(session, vault, office_id=here.id)
    make_worker(session, vault, office_id=there.id)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None, office_id=here.id)

    assert run.billed == 1
    assert [c.worker_id for c in billed(session)] == [worker.id]


@pytest.mark.parametrize("month", [date(2024, 10, 1), date(2027, 12, 1)])
def test_a_month_too_far_away_is_refused_and_the_reach_is_named(
    session: Session, month: date
) -> None:
    with pytest.raises(billing.MonthOutOfReach, match="dari November 2024 sampai November 2027"):
        billing.bill_month(session, month=month, actor_id=None)


@pytest.mark.parametrize("month", [date(2024, 11, 1), date(2027, 11, 1)])
def test_the_first_and_the_last_month_within_reach_are_billed(
    session: Session, vault: Vault, month: date
) -> None:
    make_worker(session, vault, enrolled_from=date(2024, 1, 1))

    assert billing.bill_month(session, month=month, actor_id=None).billed == 1


def test_months_paid_ahead_each_have_their_own_price(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault)
    rider = make_worker(session, vault, sector=Sector.TRANSPORT)
    months = [date(2027, 1, 1), DECEMBER, NOVEMBER]

    ours = billing.ensure_billed(session, worker_id=worker.id, months=months)
    riders = billing.ensure_billed(session, worker_id=rider.id, months=months)

    assert [(c.month, c.amount_idr) for c in ours] == [
        (NOVEMBER, 8_400),
        (DECEMBER, 8_400),
        (date(2027, 1, 1), 16_800),
    ]
    assert [c.amount_idr for c in riders] == [8_400, 8_400, 8_400]


def test_what_was_billed_keeps_its_price(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault)
    billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])
    worker.income_idr = 20_000_000
    session.flush()

    billing.bill_month(session, month=NOVEMBER, actor_id=None)
    [found] = billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])

    assert found.amount_idr == 8_400


@pytest.mark.parametrize("count", [0, 13])
def test_one_to_twelve_months_at_once(session: Session, vault: Vault, count: int) -> None:
    worker = make_worker(session, vault, enrolled_from=date(2026, 1, 1))
    months = [date(2026, 1 + n, 1) if n < 12 else date(2027, 1, 1) for n in range(count)]

    with pytest.raises(Invalid, match="1 sampai 12"):
        billing.ensure_billed(session, worker_id=worker.id, months=months)


def test_a_month_outside_the_membership_is_refused_and_named(
    session: Session, vault: Vault
) -> None:
    worker = make_worker(session, vault, enrolled_from=NOVEMBER)

    with pytest.raises(billing.NotEnrolled, match=r"pada bulan Oktober 2026\."):
        billing.ensure_billed(session, worker_id=worker.id, months=[OCTOBER, NOVEMBER])

    assert billed(session) == []


def test_an_unknown_worker_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        billing.ensure_billed(session, worker_id=987_654, months=[NOVEMBER])


def test_two_runs_at_once_bill_each_worker_once(committed: Flask, vault: Vault) -> None:
    with committed.app_context(), transaction() as session:
        for _ in range(20):
            make_worker(session, vault)
    inside, leave = threading.Event(), threading.Event()
    outcomes: list[str] = []

    def first() -> None:
        with committed.app_context(), transaction() as session:
            run = billing.bill_month(session, month=NOVEMBER, actor_id=None)
            inside.set()
            assert leave.wait(20)
            outcomes.append(f"billed {run.billed}")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    with (
        committed.app_context(),
        pytest.raises(billing.BillingRuns, match="sedang berjalan"),
        transaction() as session,
    ):
        billing.bill_month(session, month=NOVEMBER, actor_id=None)
    leave.set()
    thread.join()

    with committed.app_context(), transaction() as session:
        again = billing.bill_month(session, month=NOVEMBER, actor_id=None)
        assert (again.billed, again.already) == (0, 20)
        assert session.scalar(select(func.count()).select_from(Contribution)) == 20
        assert session.scalar(select(func.count()).select_from(BillingRun)) == 2
    assert outcomes == ["billed 20"]


def test_a_run_and_a_single_worker_at_once_bill_the_worker_once(
    committed: Flask, vault: Vault
) -> None:
    with committed.app_context(), transaction() as session:
        worker_id = make_worker(session, vault).id
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def bill(number: int) -> None:
        try:
            with committed.app_context():
                start.wait(20)
                with transaction() as session:
                    if number:
                        billing.ensure_billed(session, worker_id=worker_id, months=[NOVEMBER])
                    else:
                        billing.bill_month(session, month=NOVEMBER, actor_id=None)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=bill, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contribution)) == 1


def test_two_who_bill_one_worker_at_once_get_the_same_contribution(
    committed: Flask, vault: Vault
) -> None:
    with committed.app_context(), transaction() as session:
        worker_id = make_worker(session, vault).id
    found: list[int] = []

    def second() -> None:
        with committed.app_context(), transaction() as session:
            [one] = billing.ensure_billed(session, worker_id=worker_id, months=[NOVEMBER])
            found.append(one.amount_idr)

    thread = threading.Thread(target=second)
    with committed.app_context():
        with transaction() as session:
            billing.ensure_billed(session, worker_id=worker_id, months=[NOVEMBER])
            thread.start()
            wait_until_somebody_waits(session)
        thread.join()
        assert db.session.scalar(select(func.count()).select_from(Contribution)) == 1

    assert found == [8_400]


def wait_until_somebody_waits(session: Session) -> None:
    """Wait until another transaction waits for a lock of this one."""
    # Not pg_stat_activity: within a transaction it does not change.
    held_up = text(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if session.scalar(held_up):
            return
    raise AssertionError("nobody waits")


def test_a_months_first_run_holds_up_nobody_who_collects_another_month(
    committed: Flask, vault: Vault
) -> None:
    with committed.app_context(), transaction() as session:
        worker = make_worker(session, vault, enrolled_from=OCTOBER)
        make_contribution(session, worker, OCTOBER)
        worker_id = worker.id
    found: list[int] = []

    def collect() -> None:
        with committed.app_context(), transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            session.execute(update(Contribution).values(sector=Sector.TRANSPORT))
            [one] = billing.ensure_billed(session, worker_id=worker_id, months=[OCTOBER])
            found.append(one.amount_idr)

    with committed.app_context(), transaction() as session:
        billing.bill_month(session, month=NOVEMBER, actor_id=None)
        thread = threading.Thread(target=collect)
        thread.start()
        thread.join()

    assert found == [16_800]


def test_a_months_first_run_leaves_a_table_like_the_others(session: Session, vault: Vault) -> None:
    make_contribution(session, make_worker(session, vault), OCTOBER)
    indexes = text(
        "SELECT regexp_replace(indexdef, 'contributions_2026_.._?|_idx[0-9]*', '', 'g')"
        " FROM pg_indexes WHERE tablename = :name ORDER BY 1"
    )

    billing.bill_month(session, month=NOVEMBER, actor_id=None)

    october, november = (
        session.scalars(indexes, {"name": f"contributions_2026_{month}"}).all()
        for month in ("10", "11")
    )
    primary_key = 1
    described = Contribution.metadata.tables["contributions"].indexes
    assert len(november) == primary_key + len(described)
    assert november == october


def test_a_run_waits_until_a_single_worker_of_the_month_is_billed(
    committed: Flask, vault: Vault
) -> None:
    # The month has a table already, so that making one is not what the run waits for.
    with committed.app_context(), transaction() as session:
        make_contribution(session, make_worker(session, vault), NOVEMBER)
        worker_id = make_worker(session, vault).id
    found: list[object] = []

    def run() -> None:
        try:
            with committed.app_context(), transaction() as session:
                one = billing.bill_month(session, month=NOVEMBER, actor_id=None)
                found.append((one.billed, one.already))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    with committed.app_context(), transaction() as session:
        billing.ensure_billed(session, worker_id=worker_id, months=[NOVEMBER])
        thread.start()
        wait_until_somebody_waits(session)
    thread.join()

    assert found == [(0, 2)]
