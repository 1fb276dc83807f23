"""Billing runs at once, and beside single workers."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agentsys.contributions import billing
from agentsys.contributions.models import BillingRun, Contribution
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.workers.models import Sector
from tests.factories import (
    make_contribution,
    make_worker,
)

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


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
