"""The SQL of benchmarks fits the tables, so that a new column fails here and not in a long run.

The network of `world` and `pages` is tried in test_network.py.
"""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import func, select, text

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.demo import city
from agentsys.demo.roster import write_roster
from agentsys.payments.debit_models import Debit, Notice
from agentsys.runtime import runtime
from bench import billing, commissions, debits, import_, people, reconcile, storage
from bench import city as city_bench
from bench.http import bare, world
from bench.visits import objects
from tests.payments.mandates import year

MONTH = date(2026, 11, 1)
ROWS = 3


@pytest.fixture(autouse=True)
def empty_tables(committed):
    """Empty tables, which are emptied afterwards: these rows have no books."""
    with committed.app_context():
        yield
        city.reset(db.session(), allowed=True)
        db.session.commit()


def count(table: str) -> int:
    return db.session.scalar(text(f"SELECT count(*) FROM {table}"))


def test_a_report_of_a_provider_is_matched_as_by_the_bare_join():
    reconcile.load(ROWS)
    reconcile.bare()
    matched = reconcile.match()
    bare = count("bare_matches")
    db.session.execute(text("DROP TABLE bare_matches"))

    # One line has another sum, and one no payment.
    assert (matched, bare, count("bank_issues")) == (ROWS - 2, ROWS - 2, 2)


def test_the_people_of_benchmarks_can_be_loaded():
    people.load(rows=ROWS, agents=2)

    assert (count("agents"), count("workers")) == (2, ROWS)


def test_the_debits_are_due_at_the_time_of_the_process():
    debits.load(ROWS)

    due = select(func.count()).where(Debit.look_at < clock.now(), Debit.due_on <= clock.now())
    assert db.session.scalar(due.select_from(Debit)) == ROWS
    assert db.session.scalar(select(func.count()).select_from(Notice)) == ROWS


def test_the_payments_of_callbacks_can_be_loaded():
    assert len(world.load(ROWS)) == count("payments") == ROWS


def test_the_bare_route_can_store_a_callback():
    now = clock.now()
    with transaction() as session:
        cursor = session.connection().connection.cursor()
        cursor.execute(bare.STORE, ("gopay", b"digest", b"{}", now, now))

    assert count("callbacks") == 1


def test_the_plain_statement_of_billing_bills_every_worker():
    people.load(rows=ROWS, agents=2, then=billing.ENROLLED)
    with transaction() as session:
        session.execute(select(func.ensure_contribution_partition(MONTH)))
        session.execute(billing.LIMIT, {"month": MONTH, "at": clock.now()})

    assert count("contributions") == count("enrolments") == ROWS


def test_the_plain_statements_of_commissions_write_a_line_for_every_worker():
    people.load(rows=ROWS, agents=2, then=commissions.CONFIRMED)
    with transaction() as session:
        session.execute(commissions.STATEMENTS, {"month": date(2026, 1, 1)})
        session.execute(commissions.LIMIT)

    assert (count("statements"), count("statement_lines")) == (2, ROWS)


def test_the_plain_copy_of_the_import_takes_every_column_of_a_worker():
    people.load(rows=ROWS, agents=2)
    rows = import_.accepted_rows()
    import_.empty(keep_rosters=True)
    import_.copy_workers(rows)

    assert count("workers") == ROWS


def test_the_objects_that_only_pages_need_can_be_made():
    people.load(rows=ROWS, agents=2)
    objects.prepare()

    assert (count("pay_links"), count("mandates"), count("debits")) == (2, 1, 1)


def test_a_year_of_auto_debit_can_bill_its_workers(committed):
    chance = random.Random(1)
    one = year.Year(committed, chance, year.Unreliable(chance, 1), 1)
    one.begin()
    one.bill(year.FIRST)

    assert count("contributions") == 1


def test_every_leg_of_a_citys_day_is_measured_beside_its_limit(tmp_path):
    path = tmp_path / "kota.xlsx"
    write_roster(path, rows=40)
    legs = {leg: ([], []) for leg in city_bench.CEILINGS}

    people_paid = city_bench.run(path.read_bytes(), 1, legs)

    assert people_paid > 0
    assert all(len(ours) == len(limit) == 1 for ours, limit in legs.values())
    assert count("contributions WHERE confirmed_at IS NOT NULL AND bill_id > 0") == people_paid


def test_callbacks_and_events_of_all_months_are_loaded_once():
    with transaction() as session:
        city.seed(
            session, vault=runtime().vault, workers=120, months=2, seed=1, progress=lambda *_: None
        )
        session.execute(text("TRUNCATE callbacks, events CASCADE"))

    storage.load()
    storage.load()

    assert count("callbacks") == count(
        "payments WHERE clearing = 'midtrans' AND settled_at NOTNULL"
    )
    assert count("callbacks") > 0
    assert count("events") > 0
    assert storage._sizes()["callbacks"] > 0
