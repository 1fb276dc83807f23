"""The numbers of reports are those that counting one by one gives."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.reports import covered, money, publication, retention
from agentsys.reports.asked import Asked
from agentsys.workers.kinds import Funding
from tests.reports import world as invented
from tests.reports.world import World

SEEDS = (1, 2, 3)


@pytest.fixture(params=SEEDS)
def world(request: pytest.FixtureRequest, session: Session, vault: Vault) -> World:
    """An office with random months."""
    return invented.build(session, vault, seed=request.param)


def _asked(world: World, back: int = 12, until: int = 1) -> Asked:
    return Asked(
        office_id=world.office_id, first=world.months[-1 - back], last=world.months[-until]
    )


@pytest.mark.made_up_books
def test_covered_workers_by_kelurahan_ecosystem_and_group(session: Session, world: World) -> None:
    for until in (1, 4):
        asked = _asked(world, until=until)

        found = covered.covered(session, asked)

        month = asked.last
        assert found.total.covered == len(world.covered_in(month)) > 0
        places = Counter({p.name.lower(): p.covered for p in found.kelurahan})
        assert +places == world.by_kelurahan(month)
        assert len(places) == len(found.kelurahan)  # GUNTUNG and Guntung are one
        ecosystems = Counter({p.ecosystem: p.covered for p in found.ecosystems})
        assert +ecosystems == world.by_ecosystem(month)
        groups = Counter({(g.ecosystem, g.name): g.covered for g in found.groups})
        assert sum(groups.values()) == found.total.covered
        assert sorted(g.covered for g in found.groups) == sorted(world.by_group(month).values())


@pytest.mark.made_up_books
def test_contributions_by_month(session: Session, world: World) -> None:
    found = money.months(session, _asked(world))

    assert [row.month for row in found] == world.months[-13:]
    for row in found:
        values = {name: getattr(row, name) for name in world.money(row.month)}
        assert values == world.money(row.month)


@pytest.mark.made_up_books
@pytest.mark.parametrize(("back", "until"), [(12, 1), (15, 3), (17, 1), (2, 1)])
def test_retention_of_those_who_began_in_the_range(
    session: Session, world: World, back: int, until: int
) -> None:
    asked = _asked(world, back=back, until=until)

    found = {
        cohort.month: (cohort.joined, dict(cohort.still))
        for cohort in retention.cohorts(session, asked)
    }

    assert found == world.cohorts(asked.first, asked.last)


@pytest.mark.made_up_books
def test_the_published_list_has_the_sponsored_people_and_nobody_else(
    session: Session, world: World
) -> None:
    asked = _asked(world)
    expected = [
        p.worker
        for p in world.people
        if asked.last in p.months and p.kept is None and _funding(session, p, asked.last)
    ]

    found = publication.people(session, asked)

    assert Counter(f"{row.name} {row.nik_masked}" for row in found) == Counter(
        f"{worker.name} {worker.nik_masked}" for worker in expected
    )
    counts = {name.lower(): people for name, people in publication.by_kelurahan(session, asked)}
    assert counts == dict(Counter(worker.kelurahan.lower() for worker in expected))
    some = publication.people(session, asked, kelurahan="guntung")
    assert {row.kelurahan.lower() for row in some} <= {"guntung"}
    assert len(some) == counts.get("guntung", 0)


def _funding(session: Session, person: invented.Person, month: date) -> bool:
    row = session.get_one(Contribution, (person.worker.id, month))
    return row.funding is not Funding.SELF
