"""Whose workers a list brings in, and their memberships."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Forbidden
from agentsys.people.models import AgentStatus, RoleName
from agentsys.rosters.importing import store_upload
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import (
    Assignment,
    Enrolment,
    Funding,
    Programmes,
    Worker,
)
from tests.factories import make_agent, make_user
from tests.rosters.conftest import MONTH, Import, person, sheet
from tests.rosters.imported import notes_of


def test_a_roster_with_an_agent_assigns_its_workers_and_takes_none_from_colleagues(
    bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        mine = make_agent(session, office_id=office_id).id
        colleague = make_agent(session, office_id=office_id).id
    bring_in(sheet(person(1)), agent_id=colleague)
    bring_in(sheet(person(2)))

    roster = bring_in(sheet(person(1), person(2), person(3)), agent_id=mine)

    assert (roster.created, roster.changed, roster.unchanged) == (1, 1, 1)
    owners = db.session.scalars(select(Worker.agent_id).order_by(Worker.nik_masked)).all()
    assert owners == [colleague, mine, mine]
    assigned = db.session.execute(
        select(Worker.agent_id, Assignment.agent_id)
        .join(Assignment, Assignment.worker_id == Worker.id)
        .where(Assignment.until_month.is_(None))
    ).all()
    assert len(assigned) == 3
    assert all(ours == theirs for ours, theirs in assigned)
    assert [n.problem for n in notes_of(roster)] == ["other_agent"]


def test_a_supervisors_list_changes_nobody_of_another_team(
    bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        mine = make_agent(session, office_id=office_id)
        mate = make_agent(session, office_id=office_id, supervisor_id=mine.supervisor_id)
        other = make_agent(session, office_id=office_id)
        ids, supervisor = (mine.id, mate.id, other.id), mine.supervisor_id
    for serial, agent_id in enumerate((*ids, None), start=1):
        bring_in(sheet(person(serial)), agent_id=agent_id)
    people = [person(serial, phone="0813-1111-2222") for serial in (1, 2, 3, 4, 3)]

    roster = bring_in(sheet(*people), agent_id=ids[0], actor_id=supervisor)

    assert (roster.changed, roster.accepted, roster.rejected) == (3, 3, 2)
    phones = db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).all()
    new, old = "+6281311112222", "+6281234567890"
    assert phones == [new, new, old, new]
    noted = [(note.row, note.problem) for note in notes_of(roster) if note.rejected]
    assert noted == [(6, "other_team"), (4, "other_team")]


@pytest.mark.parametrize("role", [RoleName.ADMIN, None])
def test_a_list_of_an_admin_or_an_operator_changes_workers_of_every_team(
    role: RoleName | None, bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        agent_id = make_agent(session, office_id=office_id).id
        actor_id = make_user(session, role, office_id=office_id).id if role else None
    bring_in(sheet(person(1)), agent_id=agent_id)

    roster = bring_in(sheet(person(1, phone="0813-1111-2222")), actor_id=actor_id)

    assert (roster.changed, roster.rejected) == (1, 0)


def test_a_list_for_an_agent_who_is_not_active_is_refused(bring_in: Import, office_id: int) -> None:
    with transaction() as session:
        agent = make_agent(session, office_id=office_id, status=AgentStatus.SUSPENDED)
        agent_id = agent.id

    with pytest.raises(Forbidden, match="tidak aktif"):
        bring_in(sheet(person()), agent_id=agent_id)


def test_a_list_that_comes_in_for_another_agent_is_not_taken_over(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        agents = [make_agent(session, office_id=office_id).id for _ in range(2)]

    def send(agent_id: int) -> None:
        with transaction() as session:
            store_upload(
                session,
                vault=vault,
                office_id=office_id,
                agent_id=agent_id,
                filename="daftar.xlsx",
                content=b"NIK;NAMA",
                programmes=Programmes.TWO,
                funding=Funding.APBD,
                from_month=MONTH,
                actor_id=None,
            )

    send(agents[0])

    with pytest.raises(Conflict, match="agen lain"):
        send(agents[1])


@pytest.mark.parametrize(
    "changed",
    [
        {"programmes": Programmes.THREE},
        {"funding": Funding.SELF},
        {"from_month": date(2026, 12, 1)},
    ],
)
def test_a_list_that_comes_in_with_another_membership_is_not_taken_for_the_same(
    changed: dict[str, object], installed: Flask, office_id: int, vault: Vault
) -> None:
    def send(**membership: object) -> int:
        usual = {"programmes": Programmes.TWO, "funding": Funding.APBD, "from_month": MONTH}
        with transaction() as session:
            return store_upload(
                session,
                vault=vault,
                office_id=office_id,
                agent_id=None,
                filename="daftar.xlsx",
                content=b"NIK;NAMA",
                actor_id=None,
                **(usual | membership),  # type: ignore[arg-type]
            ).id

    first = send()
    assert send() == first

    with pytest.raises(Conflict, match="bulan mulai yang lain"):
        send(**changed)


def test_an_enrolment_that_runs_is_kept_and_pointed_out(bring_in: Import) -> None:
    bring_in(sheet(person()), funding=Funding.CSR)

    roster = bring_in(sheet(person()), funding=Funding.APBD)

    assert roster.unchanged == 1
    assert [n.problem for n in notes_of(roster)] == ["enrolled_otherwise"]
    assert db.session.scalars(select(Enrolment.funding)).all() == [Funding.CSR]


def test_an_enrolment_that_begins_after_the_list_does_is_pointed_out(bring_in: Import) -> None:
    bring_in(sheet(person()), from_month=date(2026, 12, 1))

    earlier = bring_in(sheet(person()), from_month=MONTH)
    same = bring_in(sheet(person()), from_month=date(2026, 12, 1))
    later = bring_in(sheet(person()), from_month=date(2027, 1, 1))

    assert [n.problem for n in notes_of(earlier)] == ["enrolled_otherwise"]
    assert notes_of(same) == notes_of(later) == []
    assert db.session.scalars(select(Enrolment.from_month)).all() == [date(2026, 12, 1)]


def test_somebody_whose_membership_ended_is_enrolled_again(bring_in: Import) -> None:
    bring_in(sheet(person()), from_month=date(2026, 1, 1))
    with transaction() as session:
        ended = session.scalars(select(Enrolment)).one()
        ended.until_month, ended.end_reason = date(2026, 6, 1), EndReason.WISHED
        ended.ended_at = clock.now()

    roster = bring_in(sheet(person()))

    assert (roster.created, roster.changed, roster.unchanged) == (0, 1, 0)
    months = db.session.scalars(select(Enrolment.from_month).order_by(Enrolment.from_month)).all()
    assert months == [date(2026, 1, 1), MONTH]
