"""The team in pages, and one agent's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.listing import request as list_request
from agentsys.months import add_months
from agentsys.people.models import Agent, RoleName, User
from tests.factories import make_agent, make_contribution, make_office, make_user, make_worker

TEAM = "/pembina/tim"


@pytest.fixture
def boss(session: Session) -> User:
    """A supervisor."""
    return make_user(session, RoleName.SUPERVISOR, office_id=make_office(session).id)


def _agent(session: Session, boss: User, name: str) -> Agent:
    return make_agent(session, name=name, supervisor_id=boss.id)


def _names(page: str) -> list[str]:
    return re.findall(r">(Agen \w+)</a>", page)


def test_a_team_of_many_agents_comes_in_pages_that_go_both_ways(
    session: Session, boss: User, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    for letter in "CABED":
        _agent(session, boss, f"Agen {letter}")
    make_agent(session, name="Agen Lain")
    visitor = visit(boss)

    first = visitor.get(f"{TEAM}?sort=name").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = visitor.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
    previous = re.search(r'href="([^"]+)" rel="prev"', second)
    assert previous

    assert (_names(first), _names(second)) == (["Agen A", "Agen B"], ["Agen C", "Agen D"])
    assert "1–2 dari 5" in first
    back = visitor.get(previous[1].replace("&amp;", "&")).get_data(as_text=True)
    assert _names(back) == _names(first)


def test_the_pages_of_a_team_by_the_share_of_the_ceiling_lead_to_all_agents(
    session: Session, boss: User, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    for letter in "CAB":
        _agent(session, boss, f"Agen {letter}")
    visitor = visit(boss)

    first = visitor.get(TEAM).get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following
    second = visitor.get(following[1].replace("&amp;", "&")).get_data(as_text=True)

    assert sorted(_names(first) + _names(second)) == ["Agen A", "Agen B", "Agen C"]


def test_each_agent_of_the_team_leads_to_a_page_and_back_to_the_place_in_the_list(
    session: Session, boss: User, visit: Any
) -> None:
    agent = _agent(session, boss, "Agen A")
    visitor = visit(boss)

    team = visitor.get(f"{TEAM}?q=Agen&sort=-name").get_data(as_text=True)
    page = visitor.get(f"{TEAM}/{agent.id}").get_data(as_text=True)

    assert f'href="{TEAM}/{agent.id}"' in team
    assert f'href="{TEAM}?q=Agen&amp;sort=-name"' in page


def test_an_agents_page_shows_the_age_of_the_arrears_and_the_workers_behind_it(
    session: Session, vault: Vault, boss: User, visit: Any
) -> None:
    agent = _agent(session, boss, "Agen A")
    now = clock.this_month()
    for name, months in (("Baru", [0]), ("Dua", [2, 1]), ("Lama", [7])):
        worker = make_worker(session, vault, agent=agent, name=name)
        for back in months:
            make_contribution(session, worker, add_months(now, -back))
    visitor = visit(boss)

    page = visitor.get(f"{TEAM}/{agent.id}").get_data(as_text=True)
    late = visitor.get(f"{TEAM}/{agent.id}?tab=arrears").get_data(as_text=True)

    ages = re.findall(r'<span class="grow">\s*([^<]+?)\s*<small>(\d+) pekerja</small>', page)
    assert ages == [
        ("Bulan ini", "1"),
        ("1 bulan", "0"),
        ("2 bulan", "1"),
        ("3 bulan atau lebih", "1"),
    ]
    assert "Rp50.400" in page
    assert re.findall(r'<th scope="row">\s*<a [^>]*>(\w+)', late) == ["Lama", "Dua"]


def test_another_teams_agent_is_not_shown(session: Session, boss: User, visit: Any) -> None:
    stranger = make_agent(session)

    assert visit(boss).get(f"{TEAM}/{stranger.id}").status_code == 404


def test_figures_lead_to_the_rows_that_they_count(session: Session, boss: User, visit: Any) -> None:
    _agent(session, boss, "Agen A")
    visitor = visit(boss)

    for path in (TEAM, "/pembina/", "/pembina/komisi"):
        page = visitor.get(path).get_data(as_text=True)
        figures = re.findall(r'<dd class="num">\s*<a href="([^"]+)"', page)
        assert len(figures) == 4, path
        for address in figures:
            assert visitor.get(address.replace("&amp;", "&")).status_code == 200


def test_an_agents_page_asks_the_database_at_most_eleven_times(
    session: Session, vault: Vault, boss: User, visit: Any
) -> None:
    busy = _agent(session, boss, "Agen A")
    for age in range(3):
        worker = make_worker(session, vault, agent=busy)
        make_contribution(session, worker, month=add_months(clock.this_month(), -age))
    visitor, path = visit(boss), f"{TEAM}/{busy.id}"
    visitor.get(path)
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert visitor.get(path).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    asked = [query for query in asked if not query.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
    assert len(asked) <= 11, asked
