"""Ticking single workers of a long list for a hand-over, without a script."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.handovers import picking
from agentsys.handovers.models import Handover, HandoverPick, HandoverWorker
from agentsys.handovers.planning import Chosen, Division
from agentsys.people.models import User
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_worker
from tests.handovers.steps import Two

NAMES = ("Aminah", "Budiman", "Citra", "Dewi")


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents; the first has Aminah to Dewi beside one worker more."""
    made = Two.build(session, vault)
    made.worker.name = "Zainal"
    for number, name in enumerate(NAMES):
        place = "Guntung" if number < 2 else "Loktuan"
        make_worker(session, vault, agent=made.old, name=name, kelurahan=place)
    return made


@pytest.fixture
def boss(two: Two) -> User:
    """The supervisor of the old agent."""
    assert two.old.supervisor is not None
    return two.old.supervisor


@pytest.fixture
def where(two: Two) -> str:
    """The page with the ticks."""
    return f"/pembina/tim/{two.old.id}/serah-terima/pilih"


def test_ticks_are_kept_over_a_search_and_are_what_moves(
    session: Session, visit, two: Two, boss: User, where: str
) -> None:
    visitor = visit(boss)
    found = visitor.get(f"{where}?q=Aminah").get_data(as_text=True)
    visitor.submit(f"{where}/simpan", q="Aminah", shown=_shown(found), pick=_shown(found))
    more = visitor.get(f"{where}?q=Dewi").get_data(as_text=True)
    answer = visitor.submit(
        f"{where}/simpan", q="Dewi", shown=_shown(more), pick=_shown(more), action="done"
    )
    form = answer.location
    page = visitor.get(form).get_data(as_text=True)
    assert "2 pekerja yang dipilih, dari Rina Wati" in page

    visitor.submit(
        form,
        to_agents=str(two.new.id),
        division="equal",
        from_month=f"{clock.this_month():%Y-%m}",
        reason="Wilayah dibagi",
    )

    assert _moving(session) == {"Aminah", "Dewi"}
    assert session.scalars(select(HandoverPick)).all() == []


def test_a_tick_taken_away_on_its_page_is_gone_and_those_of_other_pages_stay(
    session: Session, two: Two, boss: User
) -> None:
    ids = _ids(session)
    mine = {"user_id": boss.id, "agent_id": two.old.id}
    picking.put(session, **mine, shown=list(ids.values()), ticked=[ids["Citra"], ids["Dewi"]])

    picking.put(session, **mine, shown=[ids["Aminah"], ids["Dewi"]], ticked=[ids["Aminah"]])

    assert _ticked(session) == {"Aminah", "Citra"}


def test_all_that_a_search_finds_and_a_whole_kelurahan_are_ticked_at_once(
    session: Session, visit, boss: User, where: str
) -> None:
    visitor = visit(boss)

    visitor.submit(f"{where}/simpan", q="loktuan", action="found")
    assert _ticked(session) == {"Citra", "Dewi"}
    visitor.submit(f"{where}/simpan", action="place:Guntung")
    assert _ticked(session) == set(NAMES)
    visitor.submit(f"{where}/simpan", action="none")
    assert _ticked(session) == set()


def test_the_next_page_keeps_the_ticks_of_this_one(
    session: Session, visit, two: Two, boss: User, where: str
) -> None:
    for number in range(40):
        make_worker(session, two.vault, agent=two.old, name=f"Nama {number:02}")
    visitor = visit(boss)
    first = visitor.get(where).get_data(as_text=True)
    cursor = re.search(r'name="to-next" value="([^"]+)"', first)
    assert cursor is not None

    answer = visitor.submit(
        f"{where}/simpan",
        shown=_shown(first),
        pick=_shown(first)[:3],
        action="next",
        follow_redirects=True,
        **{"to-next": cursor[1]},
    )

    assert len(_ticked(session)) == 3
    second = answer.get_data(as_text=True)
    assert "3 pekerja dipilih" in second
    assert not set(_shown(first)) & set(_shown(second))


def test_only_workers_of_the_agent_can_be_ticked(
    session: Session, vault: Vault, visit, two: Two, boss: User, where: str
) -> None:
    other = make_worker(session, vault, agent=make_agent(session, office_id=two.old.office_id))
    sent = [str(other.id), "x", "99999999999999999999"]

    visit(boss).submit(f"{where}/simpan", shown=sent, pick=sent)

    assert _ticked(session) == set()


def test_two_people_tick_for_themselves(session: Session, two: Two, boss: User) -> None:
    ids = _ids(session)
    for user, name in ((boss, "Aminah"), (two.actor, "Dewi")):
        chosen = [ids[name]]
        picking.put(session, user_id=user.id, agent_id=two.old.id, shown=chosen, ticked=chosen)

    two.draft(chosen=Chosen(ticked_by=two.actor.id), division=Division.KELURAHAN)

    assert _moving(session) == {"Dewi"}
    assert _ticked(session) == {"Aminah"}


def test_nobody_ticked_is_told_so(visit, two: Two, boss: User) -> None:
    answer = visit(boss).submit(
        f"/pembina/tim/{two.old.id}/serah-terima?pilihan=1",
        to_agents=str(two.new.id),
        division="equal",
        from_month=f"{clock.this_month():%Y-%m}",
        reason="Wilayah dibagi",
    )

    assert answer.status_code == 422
    assert "Tidak ada pekerja yang dipilih" in answer.get_data(as_text=True)


def _shown(page: str) -> list[str]:
    return re.findall(r'name="shown" value="(\d+)"', page)


def _ids(session: Session) -> dict[str, int]:
    return {name: number for name, number in session.execute(select(Worker.name, Worker.id))}


def _ticked(session: Session) -> set[str]:
    query = select(Worker.name).join(HandoverPick, HandoverPick.worker_id == Worker.id)
    return set(session.scalars(query))


def _moving(session: Session) -> set[str]:
    made = session.scalars(select(Handover)).one()
    query = select(Worker.name).join(HandoverWorker, HandoverWorker.worker_id == Worker.id)
    return set(session.scalars(query.where(HandoverWorker.handover_id == made.id)))
