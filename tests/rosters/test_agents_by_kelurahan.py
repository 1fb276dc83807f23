"""An office's list whose new workers get the agent of their kelurahan."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.handovers import by_kelurahan, kelurahan_queries
from agentsys.people.models import Agent, AgentStatus
from agentsys.rosters import running, undoing
from agentsys.rosters.importing import import_roster
from agentsys.workers.assignment import assign
from agentsys.workers.models import Assignment, Roster, Worker
from tests.factories import make_agent
from tests.rosters.conftest import MONTH, TITLES, person, store, workbook
from tests.rosters.steps import Ids, S, bring, status

PLACES = ("Loktuan", "LOK TUAN", "Guntung", "", "Belimbing")


def listed(*places: str) -> bytes:
    """A list with one person in each of these kelurahan."""
    rows = [[*person(serial), place] for serial, place in enumerate(places, start=1)]
    return workbook({"DAFTAR": [[*TITLES, "KELURAHAN"], *rows]})


@pytest.fixture
def agents(two: Ids, office_id: int) -> list[int]:
    """The agents of Loktuan and of Guntung."""
    with transaction() as session:
        made = [make_agent(session, office_id=office_id).id for _ in range(2)]
        for agent_id, name in zip(made, ("Lok Tuan", "guntung"), strict=True):
            by_kelurahan.set_agent(
                session,
                office_id=office_id,
                kelurahan=[name],
                agent_id=agent_id,
                actor_id=two[0],
            )
    return made


def owners() -> list[int | None]:
    db.session.rollback()
    return list(db.session.scalars(select(Worker.agent_id).order_by(Worker.nik_masked)))


def brought(vault: Vault, office_id: int, content: bytes, **changed: object) -> Roster:
    roster_id = store(vault, office_id, content, **changed)
    return import_roster(vault=vault, roster_id=roster_id)


def test_new_workers_get_the_agent_of_their_kelurahan_from_the_lists_month_on(
    agents: list[int], office_id: int, vault: Vault
) -> None:
    loktuan, guntung = agents

    brought(vault, office_id, listed(*PLACES), by_kelurahan=True)

    assert owners() == [loktuan, loktuan, guntung, None, None]
    rows = db.session.execute(
        select(Worker.agent_id, Assignment.agent_id, Assignment.from_month).join(
            Assignment, Assignment.worker_id == Worker.id
        )
    ).all()
    assert len(rows) == 3
    assert all(row[0] == row[1] and row[2] == MONTH for row in rows)


def test_the_result_says_how_many_have_none_and_in_which_kelurahan(
    agents: list[int], office_id: int, vault: Vault
) -> None:
    roster = brought(vault, office_id, listed(*PLACES, "Belimbing", "belimbing"), by_kelurahan=True)

    without = kelurahan_queries.of_list(db.session(), roster.id)

    assert without.workers == 4
    assert without.places == [("Belimbing", 2), ("", 1), ("belimbing", 1)]


def test_a_list_without_that_choice_gives_nobody_an_agent(
    agents: list[int], office_id: int, vault: Vault
) -> None:
    brought(vault, office_id, listed(*PLACES))

    assert owners() == [None] * 5


def test_an_inactive_agent_gets_no_worker_of_a_list(
    agents: list[int], office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        session.get_one(Agent, agents[0]).status = AgentStatus.SUSPENDED

    brought(vault, office_id, listed(*PLACES), by_kelurahan=True)

    assert owners() == [None, None, agents[1], None, None]


def test_a_checked_list_in_parts_gives_each_part_its_agents(
    agents: list[int],
    check: Callable[..., int],
    two: Ids,
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", 1)
    roster_id = check(listed(*["Guntung"] * 4100), by_kelurahan=True)

    bring(roster_id, two, vault)

    assert owners() == [agents[1]] * 4100


@pytest.mark.parametrize("later", [False, True])
def test_taking_the_list_back_takes_its_agents_back(
    later: bool, agents: list[int], office_id: int, vault: Vault, two: Ids
) -> None:
    roster = brought(vault, office_id, listed(*PLACES), by_kelurahan=not later)
    if later:
        db.session.rollback()
        with transaction() as session:
            by_kelurahan.assign_missing(
                session, office_id=office_id, roster_id=roster.id, actor_id=two[0]
            )
    assert owners()[:3] == [agents[0], agents[0], agents[1]]

    with transaction() as session:
        undoing.ask_undo(session, roster_id=roster.id, reason="salah", actor_id=two[0])
    undoing.undo(roster.id)

    assert status(roster.id) is S.UNDONE
    assert owners() == []
    assert db.session.scalars(select(Assignment)).all() == []


def test_a_list_is_not_taken_back_once_somebody_gave_a_worker_to_another_agent(
    agents: list[int], office_id: int, vault: Vault, two: Ids
) -> None:
    roster = brought(vault, office_id, listed(*PLACES), by_kelurahan=True)
    worker_id = db.session.scalars(select(Worker.id).order_by(Worker.id)).first()
    assert worker_id is not None
    db.session.rollback()
    with transaction() as session:
        assign(session, worker_id=worker_id, agent_id=agents[1], from_month=MONTH, actor_id=two[0])

    with pytest.raises(Conflict), transaction() as session:
        undoing.ask_undo(session, roster_id=roster.id, reason="salah", actor_id=two[0])
    assert len(owners()) == 5


def test_only_the_workers_of_one_list_get_an_agent_later(
    agents: list[int], office_id: int, vault: Vault, two: Ids
) -> None:
    brought(vault, office_id, listed("Loktuan"))
    rows = [[*person(9, name="Siti Aminah"), "Loktuan"]]
    second = brought(vault, office_id, workbook({"A": [[*TITLES, "KELURAHAN"], *rows]}))
    db.session.rollback()

    with transaction() as session:
        given = by_kelurahan.assign_missing(
            session, office_id=office_id, roster_id=second.id, actor_id=two[0]
        )

    assert given.workers == 1
    assert owners() == [None, agents[0]]


def test_a_list_that_is_still_open_gives_no_agents(
    agents: list[int], office_id: int, vault: Vault, two: Ids
) -> None:
    roster_id = store(vault, office_id, listed(*PLACES), by_kelurahan=True)

    with pytest.raises(Conflict, match="belum selesai"), transaction() as session:
        by_kelurahan.assign_missing(
            session, office_id=office_id, roster_id=roster_id, actor_id=two[0]
        )


def test_the_same_file_under_way_with_another_choice_is_refused(
    agents: list[int], office_id: int, vault: Vault
) -> None:
    first = store(vault, office_id, listed(*PLACES), by_kelurahan=True)

    assert store(vault, office_id, listed(*PLACES), by_kelurahan=True) == first
    with pytest.raises(Conflict):
        store(vault, office_id, listed(*PLACES))
