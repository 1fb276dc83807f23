"""The audit events and events of a decision about many statements: those of decided ones only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions.approval import Action, decide_many
from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.events.models import StoredEvent
from agentsys.people.models import RoleName, User
from tests.commissions.builders import portfolio, run
from tests.factories import make_agent, make_user


def waiting(session: Session, vault: Vault, count: int) -> tuple[User, list[tuple[int, bytes]]]:
    """A supervisor with that many waiting statements, and their hashes by id."""
    supervisor = make_user(session, RoleName.SUPERVISOR)
    for _ in range(count):
        portfolio(session, vault, make_agent(session, supervisor_id=supervisor.id), 1)
    run(session)
    found = session.scalars(select(Statement).order_by(Statement.id))
    return supervisor, [(statement.id, statement.lines_hash) for statement in found]


def decided_since(session: Session, event_id: int) -> list[tuple[str, str]]:
    """The audit events about statements after that event, in order."""
    found = session.execute(
        select(AuditEvent.action, AuditEvent.subject)
        .where(AuditEvent.id > event_id, AuditEvent.subject.like("statement:%"))
        .order_by(AuditEvent.id)
    )
    return [(action, subject) for action, subject in found]


def newest(session: Session) -> int:
    """The id of the newest audit event."""
    return session.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)) or 0


def test_a_refused_statement_leaves_nothing_in_the_trail_and_no_event(
    session: Session, vault: Vault
) -> None:
    supervisor, seen = waiting(session, vault, 3)
    [good, (refused, _shown), other] = seen
    before = newest(session)
    told = set(session.scalars(select(StoredEvent.id)))

    decisions = decide_many(
        session,
        seen=[good, (refused, bytes(32)), other],
        action=Action.APPROVE,
        actor=supervisor,
    )

    assert [decision.statement_id for decision in decisions if decision.refused] == [refused]
    assert decided_since(session, before) == [
        ("commission.approved", f"statement:{good[0]}"),
        ("commission.approved", f"statement:{other[0]}"),
    ]
    session.flush()
    since = session.scalars(select(StoredEvent).where(StoredEvent.id.not_in(told)))
    assert sorted(one.data["statement_id"] for one in since) == [good[0], other[0]]


def test_statements_are_locked_in_the_order_of_their_ids(session: Session, vault: Vault) -> None:
    supervisor, seen = waiting(session, vault, 3)
    asked: list[str] = []

    def write_down(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split()))

    # In which order rows are found without ORDER BY is the planner's affair, so the result of a
    # small table proves nothing: what is asked for does.
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", write_down)
    try:
        decide_many(session, seen=seen[::-1], action=Action.APPROVE, actor=supervisor)
    finally:
        event.remove(connection, "before_cursor_execute", write_down)

    locking = [sql for sql in asked if "FROM statements" in sql and "FOR UPDATE" in sql]
    assert len(locking) == 1
    assert "ORDER BY statements.id FOR UPDATE" in locking[0]
