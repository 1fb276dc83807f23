"""A small invented office with random months, and what its reports must say, counted by hand."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.workers.kinds import Ecosystem, Funding
from agentsys.workers.models import Worker, WorkerGroup
from tests.factories import (
    make_agent,
    make_contribution,
    make_earlier,
    make_office,
    make_worker,
)
from tests.office_factories import make_group

KELURAHAN = ("Guntung", "GUNTUNG", "Loktuan", "Berbas Pantai", "")
STEPS = ("billed", "collected", "remitted", "confirmed")


@dataclass
class Person:
    """One worker, and every month: how far it is, and its price."""

    worker: Worker
    months: dict[date, tuple[str, int]] = field(default_factory=dict)
    elsewhere: set[date] = field(default_factory=set)
    kept: Person | None = None  # as whom the record goes on, if it was merged

    def covered(self) -> set[date]:
        """The months that count."""
        paid = {month for month, (step, _idr) in self.months.items() if step == "confirmed"}
        return paid | self.elsewhere


@dataclass
class World:
    """Two offices; the reports are about the first one."""

    office_id: int
    people: list[Person]
    strangers: list[Person]
    months: list[date]

    def covered_in(self, month: date) -> list[Worker]:
        """The persons who are covered in a month, each once."""
        found = [p.kept or p for p in self.people if month in p.covered()]
        return list({person.worker.id: person.worker for person in found}.values())

    def by_kelurahan(self, month: date) -> Counter[str]:
        return Counter(worker.kelurahan.lower() for worker in self.covered_in(month))

    def by_ecosystem(self, month: date) -> Counter[Ecosystem | None]:
        return Counter(worker.ecosystem for worker in self.covered_in(month))

    def by_group(self, month: date) -> Counter[tuple[Ecosystem | None, int | None]]:
        return Counter((w.ecosystem, w.group_id) for w in self.covered_in(month))

    def money(self, month: date) -> dict[str, int]:
        """What the months of the office sum up to."""
        rows = [p.months[month] for p in self.people if month in p.months]
        reached = [(STEPS.index(step), idr) for step, idr in rows]
        sums = {
            f"{name}_idr": sum(idr for at, idr in reached if at >= number)
            for number, name in enumerate(STEPS)
        }
        counts = {
            name: sum(at >= STEPS.index(name) for at, _idr in reached)
            for name in ("billed", "collected", "confirmed")
        }
        return sums | counts

    def cohorts(self, first: date, last: date) -> dict[date, tuple[int, dict[int, int]]]:
        """By first covered month: how many, and how many of them are covered later."""
        found: dict[date, tuple[int, dict[int, int]]] = {}
        for person in self.people:
            covered = person.covered() if person.kept is None else set()
            began = min(covered, default=None)
            if began is None or not first <= began <= last:
                continue
            joined, still = found.get(began, (0, {}))
            for after in (3, 6, 12):
                then = add_months(began, after)
                if then <= last:
                    still[after] = still.get(after, 0) + (then in covered)
            found[began] = joined + 1, still
        return found


def build(session: Session, vault: Vault, *, seed: int, people: int = 40) -> World:
    """An office with that many workers, their random months, and another office beside it."""
    rng = random.Random(seed)
    now = clock.this_month()
    months = [add_months(now, -back) for back in range(17, -1, -1)]
    world = World(make_office(session).id, [], [], months)
    agents = {
        office_id: make_agent(session, office_id=office_id)
        for office_id in (world.office_id, make_office(session).id)
    }
    groups = [make_group(session, office_id=world.office_id) for _ in range(3)]
    for number in range(people):
        other = rng.random() < 0.15
        agent = list(agents.values())[other]
        person = _person(session, vault, rng, agent, [] if other else groups, months)
        (world.strangers if other else world.people).append(person)
        if not other and number and rng.random() < 0.1:
            _merge(world, rng)
    session.flush()
    return world


def _person(
    session: Session,
    vault: Vault,
    rng: random.Random,
    agent: Any,
    groups: list[WorkerGroup],
    months: list[date],
) -> Person:
    start = rng.randrange(len(months))
    funding = rng.choice([Funding.SELF, Funding.APBD])
    worker = make_worker(
        session,
        vault,
        agent=agent,
        enrolled_from=months[start],
        funding=funding,
        kelurahan=rng.choice(KELURAHAN),
        ecosystem=rng.choice([*Ecosystem, None]),
        group_id=rng.choice([group.id for group in groups] + [None]) if groups else None,
    )
    person = Person(worker)
    for month in months[start:]:
        if rng.random() < 0.85:
            _month(session, rng, person, month, funding)
    if start > 1 and rng.random() < 0.25:
        first = rng.randrange(start - 1)
        make_earlier(session, worker, months[first], months[first + 2])
        person.elsewhere = {months[first], months[first + 1]}
    return person


def _month(
    session: Session, rng: random.Random, person: Person, month: date, funding: Funding
) -> None:
    step = rng.choices(STEPS, (1, 1, 1, 6))[0]
    jkk = rng.randrange(1, 5) * 1_000
    at = STEPS.index(step)
    contribution = make_contribution(
        session,
        person.worker,
        month,
        jkk_idr=jkk,
        funding=funding,
        payment_id=1 if at > 0 else None,
        remittance_id=1 if at > 1 else None,
        confirmed_at=clock.now() if at > 2 else None,
    )
    person.months[month] = step, contribution.amount_idr


def _merge(world: World, rng: random.Random) -> None:
    """The newest record was a second one of a person who is recorded already."""
    merged = world.people[-1]
    kept = rng.choice([person for person in world.people[:-1] if person.kept is None])
    merged.kept = kept
    merged.worker.agent_id = None
    merged.worker.merged_into = kept.worker.id
