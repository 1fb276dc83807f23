"""Jobs of the books that are killed at each of their statements, and run again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, event, func, select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.closing import closings
from agentsys.closing.models import ClosedBalance, MonthClosing
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.ledger import invariants
from agentsys.months import add_months
from agentsys.payments import ceiling
from agentsys.people.models import Office
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import ResultRow
from agentsys.statements import accounts, importing, uploading
from agentsys.statements.models import BankFile, BankLine, BankMatch, FileState
from tests.closing.months import next_month
from tests.payments.races import committed_world
from tests.payments.test_crashes import KILLED, in_a_child_that_dies
from tests.payments.world import PRICE, World
from tests.statements.banking import Row, bisnis

AT_MOST = 400  # statements of one job


def killed_at_each_statement(app: Flask, work: Callable[[], object]) -> int:
    """Kill the job before its first statement, its second and so on; how often it was killed.

    Each time it begins where the killed one ended. The audit must pass after each.
    """
    for number in range(1, AT_MOST):
        done = in_a_child_that_dies(app, lambda number=number: _dying_at(number, work))
        with app.app_context():
            assert invariants.check(db.session()) == []
            db.session.rollback()
        if done == 0:
            return number - 1
        assert done == KILLED
    raise AssertionError("it does not end")


def _dying_at(number: int, work: Callable[[], object]) -> None:
    left = number

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os._exit(KILLED)

    event.listen(db.engine, "before_cursor_execute", count)
    event.listen(db.engine, "commit", count)
    work()


@pytest.fixture
def world(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two unpaid months of a worker, committed."""
    monkeypatch.setattr(ceiling, "block_days", lambda: 100)
    return committed_world(committed)


def test_billing_that_is_killed_anywhere_bills_everybody_once(
    committed: Flask, world: World
) -> None:
    month = add_months(world.months[-1], 1)

    killed = killed_at_each_statement(committed, lambda: jobs.bill_month(str(month)))

    with committed.app_context():
        assert _count(select(Contribution).where(Contribution.month == month)) == 1
    assert killed >= 3


def test_a_statement_whose_import_is_killed_anywhere_is_stored_and_matched_once(
    committed: Flask, world: World
) -> None:
    with committed.app_context(), transaction() as session:
        world = _attached(world, session)
        world.collect(world.months[:1])
        world.declare(PRICE, key="a" * 32, evidence="SLIP-0012")
        account = accounts.add_account(
            session, office_id=world.office_id, name="BCA", actor_id=world.finance.id
        )
        rows = [Row(f"{importing.today():%d/%m/%Y}", "SETORAN SLIP-0012", PRICE)]
        file_id = uploading.upload(
            session,
            vault=world.vault,
            account_id=account.id,
            filename="mutasi.csv",
            content=bisnis(rows),
            actor_id=world.finance.id,
        ).id

    killed = killed_at_each_statement(committed, lambda: jobs.import_statement(file_id))

    with committed.app_context():
        assert db.session.get_one(BankFile, file_id).state is FileState.DONE
        assert _count(select(BankLine)) == 1
        assert _count(select(BankMatch)) == 1
    assert killed >= 10


def test_a_confirmation_that_is_killed_anywhere_confirms_the_batch_once(
    committed: Flask, world: World
) -> None:
    with committed.app_context(), transaction() as session:
        world = _attached(world, session)
        world.collect(world.months[:1])
        world.confirm(world.declare())
        made = make_batch(session, office_id=world.office_id, actor_id=world.finance.id)
        set_code(session, remittance_id=made.id, kode_iuran="901234", actor_id=world.finance.id)
        finance = world.finance.id
    row = ResultRow(1, "901234", True, "PAID", PRICE, "R")

    def work() -> None:
        with transaction() as session:
            confirm(session, rows=[row], actor_id=finance)

    killed = killed_at_each_statement(committed, work)

    with committed.app_context():
        assert _count(select(Contribution).where(Contribution.confirmed_at.is_not(None))) == 1
        assert _count(select(Remittance).where(Remittance.confirmed_at.is_not(None))) == 1
    assert killed >= 5


def test_a_month_whose_closing_is_killed_anywhere_is_closed_and_sealed_once(
    committed: Flask, world: World
) -> None:
    with committed.app_context():
        with transaction() as session:
            world = _attached(world, session)
            world.collect(world.months[:1])
        office_id, finance = world.office_id, world.finance.id
        with next_month(world) as month:
            killed = killed_at_each_statement(committed, lambda: _close(office_id, month, finance))

            closing = db.session.scalars(select(MonthClosing)).one()
            assert closing.seal
            assert _count(select(ClosedBalance)) == 2
            assert invariants.check(db.session()) == []
    assert killed >= 10


def _close(office_id: int, month: date, finance: int) -> None:
    with transaction() as session:
        zone = session.get_one(Office, office_id).zone
        if month in closings.to_close(session, office_id=office_id, zone=zone):
            closings.lock(session, office_id=office_id, month=month, note="Uji", actor_id=finance)
    jobs.seal_months()


def _attached(world: World, session: Session) -> World:
    world.session = session
    return world


def _count(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
