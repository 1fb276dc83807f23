"""Ecosystems and groups of workers: added, renamed, closed, and named by lists."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.listing.request import ListRequest
from agentsys.people.models import RoleName
from agentsys.workers import group_queries, groups
from agentsys.workers.enrolment import NewWorker, enrol_worker
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.groups import Named
from agentsys.workers.kinds import Ecosystem, GroupKind
from tests.factories import (
    invented_nik,
    make_agent,
    make_office,
    make_user,
    make_worker,
)
from tests.office_factories import make_group

_BORN, _MONTH = date(1985, 3, 12), date(2026, 11, 1)


def _add(session: Session, office_id: int, name: str, **values: object) -> WorkerGroup:
    about = {"ecosystem": Ecosystem.PASAR, "kind": GroupKind.MARKET, "actor_id": None} | values
    return groups.add(session, office_id=office_id, name=name, **about)  # type: ignore[arg-type]


def test_an_office_has_a_group_of_a_kind_and_name_once_in_any_capitals(session: Session) -> None:
    office, other = make_office(session), make_office(session)
    _add(session, office.id, "  Pasar  Lama ")

    with pytest.raises(Conflict, match="sudah ada"):
        _add(session, office.id, "PASAR LAMA")
    _add(session, office.id, "Pasar Lama", kind=GroupKind.COOPERATIVE)
    _add(session, other.id, "Pasar Lama")

    assert sorted(session.scalars(select(WorkerGroup.name))) == ["Pasar Lama"] * 3


@pytest.mark.parametrize("name", ["", "   ", "=", "\0", "x" * 81])
def test_a_name_that_is_none_or_too_long_is_refused(session: Session, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        _add(session, make_office(session).id, name)

    assert refused.value.facts["about"] == "name"


def test_a_group_is_renamed_closed_and_opened_with_a_trail(session: Session) -> None:
    actor = make_user(session, RoleName.ADMIN)
    group = _add(session, make_office(session).id, "Pasar Lama")
    about = {"group_id": group.id, "actor_id": actor.id}

    groups.rename(session, ecosystem=Ecosystem.ECOMMERCE, name="Pasar Baru", **about)
    groups.close(session, **about)
    with pytest.raises(Conflict):
        groups.close(session, **about)
    groups.reopen(session, **about)
    with pytest.raises(Conflict):
        groups.reopen(session, **about)

    assert (group.name, group.ecosystem, group.closed_on) == (
        "Pasar Baru",
        Ecosystem.ECOMMERCE,
        None,
    )
    acts = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [act.action for act in acts] == [
        "group.added",
        "group.changed",
        "group.closed",
        "group.opened",
    ]
    assert acts[1].details == {
        "name": ["Pasar Lama", "Pasar Baru"],
        "ecosystem": ["pasar", "ecommerce"],
    }


def test_a_name_of_another_group_is_refused_and_the_same_name_changes_nothing(
    session: Session,
) -> None:
    office = make_office(session)
    one, two = _add(session, office.id, "Satu"), _add(session, office.id, "Dua")
    about = {"ecosystem": Ecosystem.PASAR, "actor_id": 1}

    with pytest.raises(Conflict, match="sudah ada"):
        groups.rename(session, group_id=two.id, name="satu", **about)
    with pytest.raises(Invalid, match="Belum ada"):
        groups.rename(session, group_id=one.id, name="Satu", **about)


def test_the_groups_of_a_list_are_found_in_any_capitals_or_added(session: Session) -> None:
    office = make_office(session)
    known = make_group(session, office_id=office.id, name="Pasar Lama")
    old = Named("pasar", "market", "PASAR lama")
    new, same = Named("rentan", "rt", "RT 003"), Named("rentan", "rt", "rt 003")

    found = groups.ensure(session, office_id=office.id, wanted=[old, new, same], actor_id=None)

    assert found[old] == known.id
    assert found[new] == found[same] != known.id
    [listed] = session.scalars(select(AuditEvent).where(AuditEvent.action == "group.listed"))
    assert listed.details == {"names": ["RT 003"]}
    again = groups.ensure(session, office_id=office.id, wanted=[old, new, same], actor_id=None)
    assert again == found
    assert len(session.scalars(select(WorkerGroup)).all()) == 2


def test_a_worker_is_enrolled_into_a_group_and_its_ecosystem(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    group = make_group(session, office_id=agent.office_id)
    data = NewWorker(
        nik=invented_nik(4, born=_BORN), name="Siti", birth_date=_BORN, group_id=group.id
    )

    worker = enrol_worker(
        session, vault=vault, data=data, agent_id=agent.id, actor_id=None, month=_MONTH
    )

    assert (worker.group_id, worker.ecosystem) == (group.id, Ecosystem.PASAR)


def test_another_offices_group_and_a_closed_one_are_refused(session: Session) -> None:
    office, other = make_office(session), make_office(session)
    theirs = make_group(session, office_id=other.id)
    closed = make_group(session, office_id=office.id)
    groups.close(session, group_id=closed.id, actor_id=1)

    for group in (theirs, closed):
        with pytest.raises(Invalid) as refused:
            groups.checked(session, office_id=office.id, ecosystem=None, group_id=group.id)
        assert refused.value.facts["about"] == "group"


def test_the_list_of_groups_counts_their_workers_and_shows_no_other_offices(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    user = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
    group = make_group(session, office_id=agent.office_id, name="Pasar A")
    make_group(session, office_id=agent.office_id, name="Pasar B")
    make_group(session, office_id=make_office(session).id)
    for _ in range(3):
        make_worker(session, vault, agent=agent, group_id=group.id)

    page = group_queries.groups(session, user, ListRequest(tab="open"))

    assert [(row.name, row.workers) for row in page.rows] == [("Pasar A", 3), ("Pasar B", 0)]
