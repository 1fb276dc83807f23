"""The network of the benchmarks passes the audit, as data of the product does."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url, text

from agentsys.audit import trail
from agentsys.db import db
from agentsys.ledger import invariants
from agentsys.runtime import KEY
from bench import books
from bench.network import build, day
from bench.network.loading import Loader
from bench.network.size import Size


@pytest.fixture
def network(committed, database_url):
    """The app on a network of a thousand workers and three months."""
    plain = make_url(database_url).set(drivername="postgresql")
    address = plain.render_as_string(hide_password=False)
    with committed.app_context(), psycopg.connect(address, autocommit=True) as connection:
        build.load(committed.extensions[KEY].vault, Loader(connection), Size(1_000, 3))
        yield db.session()


def test_the_books_of_a_network_pass_the_audit(network):
    assert invariants.check(network) == []
    assert trail.broken_links(network) == []


def test_a_network_has_what_pages_are_about(network):
    for table in ("contributions", "payments", "remittances", "statements", "callbacks", "cases"):
        assert network.scalar(text(f"SELECT count(*) FROM {table}")) > 0, table
    assert network.scalar(text("SELECT count(*) FROM pg_index WHERE NOT indisvalid")) == 0


def test_what_is_written_next_gets_a_number_of_its_own(network):
    numbers = "SELECT nextval(pg_get_serial_sequence('payments', 'id')), max(id) FROM payments"
    following, last = network.execute(text(numbers)).one()

    assert following == last + 1


def test_agents_collect_a_days_cash_in_a_network_and_the_books_stay_right(network):
    [newest] = Size(1_000, 3).all_months[-1:]
    before = network.scalar(text("SELECT count(*) FROM payments"))
    network.rollback()

    assert day.collect(newest, most=4) == 4

    assert network.scalar(text("SELECT count(*) FROM payments")) == before + 4
    assert invariants.check(network) == []


def test_the_benchmark_of_the_books_audits_a_day(network):
    network.rollback()
    books._settle()

    ours, bare = books._audit(Size(1_000, 3), repeats=1)

    assert min(ours, bare) > 0
