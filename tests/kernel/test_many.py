"""Many rows are written by statements whose number does not grow with them."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, func, select

from agentsys.db import db
from agentsys.events import record
from agentsys.events.models import EventDelivery, StoredEvent
from agentsys.extension.events import DepositDeclared
from agentsys.many import insert_all, update_all

AT = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def statements(session):
    """The statements that were sent to the database."""
    sent = []

    def note(_connection, _cursor, statement, _parameters, _context, executemany):
        if not statement.startswith("SAVEPOINT"):
            sent.append("one by one" if executemany else statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def _stored(session, count=4):
    row = {"at": AT, "kind": "a", "office_id": None, "agent_id": None, "worker_id": None}
    rows = [row | {"office_id": number, "data": {"n": number}} for number in range(count)]
    session.execute(insert_all(StoredEvent, rows))
    return session.scalars(select(StoredEvent).order_by(StoredEvent.id)).all()


def test_changes_of_loaded_rows_are_written_together(session, statements):
    rows = _stored(session)
    for row in rows:
        row.kind, row.data, row.agent_id = "b", {"quoted": '"', "was": row.office_id}, None
    rows[0].worker_id = 7
    statements.clear()

    update_all(session, rows)
    session.flush()

    assert len(statements) == 2  # one of the rows has another column
    session.expire_all()
    assert [(row.kind, row.data["was"], row.worker_id) for row in rows] == [
        ("b", 0, 7),
        ("b", 1, None),
        ("b", 2, None),
        ("b", 3, None),
    ]


def test_rows_without_changes_cost_no_statement(session, statements):
    rows = _stored(session)
    rows[0].kind = "a"
    statements.clear()

    update_all(session, rows)
    session.flush()

    assert statements == []


def test_a_missing_value_among_json_values_is_no_value(session):
    values = [{"n": 1}, None, {"on": date(2026, 11, 2)}]
    rows = [{"at": AT, "kind": "c", "data": value} for value in values]
    listed = insert_all(StoredEvent, rows).select

    found = session.execute(select(listed.subquery().c.data)).scalars().all()

    assert found == [{"n": 1}, None, {"on": "2026-11-02"}]
    assert session.scalar(select(func.count(listed.subquery().c.data))) == 2


def test_events_of_many_are_written_in_their_order_and_all_delivered(session, statements):
    happened = [
        DepositDeclared(office_id=1, agent_id=None, worker_id=None, deposit_id=n, amount_idr=5)
        for n in range(30)
    ]

    record.record_all(session, happened)

    assert len(statements) == 1
    stored = session.scalars(select(StoredEvent).order_by(StoredEvent.id)).all()
    assert [row.data["deposit_id"] for row in stored] == list(range(30))
    waiting = session.scalars(select(EventDelivery.event_id).order_by(EventDelivery.event_id)).all()
    assert waiting == [row.id for row in stored]
