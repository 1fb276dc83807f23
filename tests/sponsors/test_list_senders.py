"""Who takes the steps of a sponsor's list, and a list that is given to one agent."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.db import db, transaction
from agentsys.errors import Forbidden
from agentsys.rosters import deciding, handling, undoing
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import Assignment, Worker
from tests.rosters.conftest import person, sheet, store
from tests.sponsors.bringing import agree, named, send
from tests.sponsors.world import Sponsored


def test_finance_cancels_a_sponsors_list_but_no_other(stored_office: Sponsored) -> None:
    office = stored_office
    agreement_id = agree(office)
    theirs = send(office, agreement_id, sheet(person(1)), sender=office.admin)
    plain = store(office.vault, office.office_id, sheet(person(2)), actor_id=office.admin.id)
    finance = office.finance.id

    with transaction() as session:
        deciding.cancel(session, roster_id=theirs, actor_id=finance)
    for step in (
        lambda session: deciding.cancel(session, roster_id=plain, actor_id=finance),
        lambda session: deciding.pause(session, roster_id=plain, actor_id=finance),
    ):
        with pytest.raises(Forbidden), transaction() as session:
            step(session)


def test_finance_takes_an_imported_sponsors_list_back(stored_office: Sponsored) -> None:
    office = stored_office
    agreement_id = agree(office)
    roster_id = send(office, agreement_id, sheet(person(1)), sender=office.finance)
    import_roster(vault=office.vault, roster_id=roster_id)
    assert named(agreement_id) == 1

    with transaction() as session:
        undoing.ask_undo(
            session, roster_id=roster_id, reason="Salah berkas", actor_id=office.finance.id
        )
    undoing.undo(roster_id)

    assert named(agreement_id) == 0


def test_finance_does_not_mark_another_list_as_dealt_with(stored_office: Sponsored) -> None:
    office = stored_office
    plain = store(office.vault, office.office_id, sheet(person(2)), actor_id=office.admin.id)
    import_roster(vault=office.vault, roster_id=plain)

    with pytest.raises(Forbidden), transaction() as session:
        handling.mark_handled(session, roster_id=plain, actor_id=office.finance.id)


def test_the_people_of_one_agents_list_are_the_agents_from_its_month(
    stored_office: Sponsored,
) -> None:
    office = stored_office
    agreement_id = agree(office)
    roster_id = send(
        office,
        agreement_id,
        sheet(person(1), person(2, "Siti Aminah")),
        sender=office.finance,
        agent_id=office.agent.id,
    )

    import_roster(vault=office.vault, roster_id=roster_id)

    rows = db.session.execute(
        select(Assignment.agent_id, Assignment.from_month, Assignment.until_month, Worker.agent_id)
        .join(Worker, Worker.id == Assignment.worker_id)
        .where(Worker.roster_id == roster_id)
    ).all()
    agent_id = office.agent.id
    assert [tuple(row) for row in rows] == [(agent_id, office.month, None, agent_id)] * 2
    assert named(agreement_id) == 2
