"""Names are cleaned in the same way by every entry point."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.names import tidy_name
from agentsys.people import accounts, agents
from agentsys.people.models import RoleName, User
from agentsys.workers.enrolment import NewWorker, enrol_worker
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_office, make_user
from tests.rosters.conftest import Import, person, sheet

TYPED = {
    "\u202eSiti\u202c \u2066Aminah\u2069": "Siti Aminah",
    "Si\u200bti \ufeffAmi\u200dnah": "Siti Aminah",
    '=HYPERLINK("x")': 'HYPERLINK("x")',
    "@SUM(1)": "SUM(1)",
    "\u200b= +-@ Siti": "Siti",
    "  Siti \t\n Aminah\u00a0 ": "Siti Aminah",
    "O'Hara D'Souza-Putri": "O'Hara D'Souza-Putri",
}
each_name = pytest.mark.parametrize(("typed", "kept"), TYPED.items(), ids=ascii)


@each_name
def test_a_tidy_name_stays_as_it_is(typed: str, kept: str) -> None:
    assert tidy_name(typed) == tidy_name(kept) == kept


@each_name
def test_a_name_that_is_typed_in_the_enrolment_form_is_tidy(
    session: Session, vault: Vault, typed: str, kept: str
) -> None:
    data = NewWorker(nik="6474 0152 0380 0001", name=typed)

    worker = enrol_worker(
        session,
        vault=vault,
        data=data,
        agent_id=make_agent(session).id,
        actor_id=7,
        month=date(2026, 11, 1),
    )

    assert worker.name == kept


@each_name
def test_a_name_in_an_imported_list_is_tidy(typed: str, kept: str, bring_in: Import) -> None:
    bring_in(sheet(person(1, name=typed)))

    assert db.session.scalars(select(Worker.name)).one() == kept


def add_user(session: Session, name: str) -> User:
    """A new user of that name."""
    return accounts.add_user(
        session,
        name=name,
        roles=[RoleName.ADMIN],
        phone="",
        email="ana@contoh.id",
        password="kucing makan awan",
        office_id=None,
        actor_id=None,
    )


@each_name
def test_the_name_of_a_user_is_tidy(session: Session, typed: str, kept: str) -> None:
    assert add_user(session, typed).name == kept


@each_name
def test_the_name_of_an_agent_is_tidy_even_if_the_user_has_an_older_one(
    session: Session, typed: str, kept: str
) -> None:
    user = make_user(session, RoleName.AGENT, name=typed, office_id=make_office(session).id)

    agent = agents.add_agent(
        session, user_id=user.id, code="A-1", supervisor_id=None, area="", actor_id=user.id
    )

    assert agent.name == kept
