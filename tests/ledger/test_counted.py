"""Large tables are not read again as long as PostgreSQL counted nothing that was not found."""

from __future__ import annotations

from dataclasses import replace
from time import sleep

import pytest
from sqlalchemy import select, text

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, counted, journal, scanning
from agentsys.payments.models import Payment
from tests.ledger.test_proofs import all_is_over, audit, closed, damage, failing
from tests.payments.world import World

__all__ = ["all_is_over", "closed"]

LARGE = counted.LARGE


@pytest.fixture
def read(closed: World, all_is_over: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were read whole, as if each were large; all are proven."""
    all_is_counted()
    audit()
    tables: list[str] = []
    whole = scanning._whole

    def spy(session, table):
        tables.append(table.name)
        return whole(session, table)

    monkeypatch.setattr(counted, "LARGE", 0)
    monkeypatch.setattr(scanning, "_whole", spy)
    return tables


def all_is_counted() -> None:
    """Close our connections, which then count what they wrote; others do it in ten seconds."""
    db.session.remove()
    db.engine.dispose()
    uncounted = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        " AND (state <> 'idle' OR state_change > now() - interval '11 s')"
    )
    for _ in range(600):
        with db.engine.connect() as connection:
            if not connection.scalar(uncounted):
                return
        sleep(0.05)
    raise AssertionError


def post(world: World, source: str, *, then: type[Exception] | None = None) -> None:
    """Post an entry, have it counted, and raise an error if one is given."""
    office_id = world.office_id
    with transaction() as session:
        lines = {accounts.gateway_fee(office_id): 5, accounts.own_funds(office_id): -5}
        journal.post(session, kind="test", source=source, at=clock.now(), lines=lines)
        counted.hurry(session)
        if then is not None:
            raise then


def by_hand(statement: str) -> None:
    """Change rows with the triggers switched off, and have it counted."""
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))
        counted.hurry(session)


def keys(name: str) -> dict[str, list[int]]:
    """What a scan of a table finds."""
    with transaction() as session:
        now = session.execute(
            text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        ).scalar_one()
        return scanning.scan(session, name, now=now, payments=()).keys


def test_tables_in_which_nothing_was_written_are_not_read(read: list[str]) -> None:
    assert failing(audit()) == set()
    assert read == []


def test_new_entries_are_found_at_the_end_of_the_journal(closed: World, read: list[str]) -> None:
    for turn in range(3):
        post(closed, str(turn))
        with transaction() as session:
            newest = session.scalar(text("SELECT max(id) FROM entries"))
        assert newest in keys("entries")["entries"]
        assert newest in keys("postings")["entries"]
        assert failing(audit()) == set()
    assert read == []


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("postings", "UPDATE postings SET amount_idr = amount_idr * 2"),
        ("entries", "UPDATE entries SET source = source || 'x'"),
        ("receipts", "DELETE FROM receipts"),
        ("payment_moves", "DELETE FROM payment_moves"),
    ],
)
def test_a_table_in_which_a_proven_row_was_changed_is_read_whole(
    read: list[str], table: str, change: str
) -> None:
    by_hand(change)

    found = audit()

    assert table in read
    assert failing(found)
    assert found["entries_sum_to_zero"].whole


def test_a_row_that_was_added_to_an_old_entry_is_found(
    read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_BEFORE_THE_END", -1_000_000)  # every entry is old
    by_hand("INSERT INTO postings SELECT min(id), 'suspense:7', 5 FROM entries")

    assert "entries_sum_to_zero" in failing(audit())
    assert "postings" in read


def test_rows_that_were_rolled_back_make_the_table_be_read_once(
    closed: World, read: list[str]
) -> None:
    with pytest.raises(ZeroDivisionError):
        post(closed, "1", then=ZeroDivisionError)

    assert failing(audit()) == set()
    assert {"entries", "postings"} <= set(read)
    read.clear()
    assert failing(audit()) == set()
    assert read == []


def test_only_the_months_in_which_something_was_written_are_read(read: list[str]) -> None:
    with transaction() as session:
        months = list(session.scalars(text("SELECT DISTINCT month FROM contributions")))
    assert len(months) > 1

    damage(f"UPDATE contributions SET jkk_idr = jkk_idr WHERE month = '{months[0]}'")
    with transaction() as session:
        counted.hurry(session)

    assert keys("contributions")["months"] == [int(f"{months[0]:%Y%m}")]
    assert failing(audit()) == set()
    assert keys("contributions")["months"] == []


def test_counts_that_began_anew_prove_nothing(read: list[str]) -> None:
    with transaction() as session:
        session.execute(text("UPDATE proven_tables SET counted_since = 'before a crash'"))

    assert failing(audit()) == set()
    assert {"entries", "postings", "receipts"} <= set(read)


@pytest.mark.parametrize("large", [0, LARGE], ids=["large tables", "small tables"])
def test_the_end_of_a_payment_changes_no_row_that_an_audit_would_miss(
    closed: World, read: list[str], large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        world = replace(closed, session=session)
        reference = world.ask_for_another().reference
        counted.hurry(session)
    audit()
    monkeypatch.setattr(counted, "LARGE", large)
    with transaction() as session:
        payment = session.scalars(select(Payment).where(Payment.reference == reference)).one()
        replace(closed, session=session).report(payment, PaymentState.EXPIRED)
        counted.hurry(session)

    found = audit()

    assert failing(found) == set()
    assert not found["entries_sum_to_zero"].whole


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payment_months SET amount_idr = amount_idr + 1",
        "DELETE FROM payment_months WHERE payment_id = (SELECT min(payment_id) FROM receipts)",
    ],
)
@pytest.mark.parametrize("large", [0, LARGE], ids=["large tables", "small tables"])
def test_months_of_payments_that_somebody_changed_or_removed_are_found(
    read: list[str], change: str, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "LARGE", large)
    by_hand(change)

    found = audit()

    assert "payment_asks_for_its_months" in failing(found)
    assert found["entries_sum_to_zero"].whole == change.startswith("DELETE")
