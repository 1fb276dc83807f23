"""A statement that waits too long is shown to the next one, who is named before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.approving.models import StageBy
from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.errors import NotFound
from agentsys.people.models import RoleName, User
from agentsys.work import escalation, next_one, queries
from agentsys.work.kinds import BY_KEY
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.factories import make_agent, make_office, make_user, make_worker

pytestmark = pytest.mark.made_up_books
DAY = timedelta(days=1)


@pytest.fixture
def statement(session: Session, vault: Vault) -> Statement:
    """A statement that waits for the supervisor."""
    agent, month = make_agent(session), clock.this_month()
    confirm(session, make_worker(session, vault, agent=agent), month, confirmed_at=clock.now())
    run(session, hook=offer(uji=fee()), month=month)
    found = statement_of(session, agent, month)
    assert found is not None
    return found


@pytest.fixture
def admin(session: Session, statement: Statement) -> User:
    """The admin of its office; there is one of another office too."""
    make_user(session, RoleName.ADMIN, office_id=make_office(session).id)
    return make_user(session, RoleName.ADMIN, office_id=statement.office_id)


def next_of(session: Session, statement: Statement) -> next_one.NextOne:
    return next_one.of_statement(
        session,
        statement_id=statement.id,
        office_id=statement.office_id,
        by=None,
        since=statement.computed_at,
    )


def is_in_inbox(session: Session, user: User, statement: Statement) -> bool:
    try:
        queries.one(session, user, kind="statement.submitted", subject=str(statement.id))
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(("late", "shown"), [(-DAY, False), (DAY, True)])
def test_the_named_one_sees_it_after_the_days_and_not_before(
    session: Session, statement: Statement, admin: User, late: timedelta, shown: bool
) -> None:
    days = BY_KEY["statement.submitted"].days + escalation.days(session)["statement.submitted"]
    statement.computed_at = clock.now() - days * DAY - late
    session.flush()

    found = next_of(session, statement)

    assert (list(found.names), found.is_shown) == ([admin.name], shown)
    assert is_in_inbox(session, admin, statement) is shown


def test_each_stage_has_a_next_one(session: Session, statement: Statement, admin: User) -> None:
    for by in (None, *StageBy):
        found = next_one.of_statement(
            session,
            statement_id=statement.id,
            office_id=statement.office_id,
            by=by,
            since=clock.now(),
        )
        assert admin.name in found.names
        assert not found.is_shown


def test_the_page_names_the_next_one_and_offers_to_name_a_delegate_when_it_is_late(
    session: Session, statement: Statement, admin: User, visit: Any
) -> None:
    here = f"/pembina/komisi/{statement.id}"
    early = visit(statement.agent.supervisor).get(here).text
    assert f"Kotak kerja {admin.name}" in early
    assert "Kalau belum diputuskan" in early

    statement.computed_at = clock.now() - 30 * DAY
    session.flush()
    late = visit(admin).get(here).text
    assert "Terlambat: sejak" in late
    assert "Tunjuk wakil" in late
