"""What a tariff table changes: its preview, billed months, and months paid in advance."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import billing, released_tariffs
from agentsys.contributions.advance import coming_months
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.people.models import RoleName
from agentsys.tariffs import deciding
from agentsys.workers.kinds import Sector
from tests.factories import make_agent, make_user, make_worker
from tests.payments.world import World
from tests.tariffs.steps import admin, decided, discount, month, proposed, rates, released

NOVEMBER = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november() -> Any:
    """The time of these tests."""
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        yield clock


def test_billing_after_the_release_uses_the_table_and_one_before_does_not(
    session: Session, vault: Vault
) -> None:
    make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 11, 1))
    released(session, rates("2026-12", {0: 7_000}))

    for of in ("2026-11", "2026-12"):
        billing.bill_month(session, month=month(of), actor_id=None)

    billed = session.scalars(select(Contribution).order_by(Contribution.month)).all()
    assert [c.jkm_idr for c in billed] == [3_400, 3_500]
    assert "PP 1/2027" in billed[1].tariff


def test_open_months_get_their_new_price_and_paid_ones_keep_theirs(
    session: Session, vault: Vault
) -> None:
    world = World.build(session, vault)
    worker = make_worker(session, vault, agent=world.agent, enrolled_from=date(2026, 11, 1))
    ahead = [month("2026-11"), month("2026-12"), month("2027-01"), month("2027-02")]
    billing.ensure_billed(session, worker_id=worker.id, months=ahead)
    world.worker = worker
    world.collect(ahead[:2])

    found = proposed(session, rates("2026-12", {0: 7_000}))
    told = deciding.preview_of(session, admin(session), found.id)
    decided(session, found)

    session.expire_all()
    mine = session.scalars(
        select(Contribution).where(Contribution.worker_id == worker.id).order_by(Contribution.month)
    ).all()
    assert [c.jkm_idr for c in mine] == [3_400, 3_400, 7_000, 7_000]
    assert [(p.name, p.month, p.before_idr, p.after_idr) for p in told.paid_first] == [
        (worker.name, month("2026-12"), 8_400, 8_500)
    ]
    assert (told.paid, told.paid_idr) == (1, 100)
    assert (found.effect["repriced"], found.effect["paid"]) == (told.open, 1)


def test_a_month_whose_payment_is_under_way_keeps_its_price(session: Session, vault: Vault) -> None:
    world = World.build(session, vault)
    worker = make_worker(session, vault, agent=world.agent, enrolled_from=date(2026, 12, 1))
    [billed] = billing.ensure_billed(session, worker_id=worker.id, months=[month("2026-12")])
    world.worker, world.months = worker, [month("2026-12")]
    world.ask()

    found = proposed(session, rates("2026-12", {0: 7_000}))
    told = deciding.preview_of(session, admin(session), found.id)
    decided(session, found)

    session.refresh(billed)
    assert billed.jkm_idr == 3_400
    assert told.said == 1


def test_the_preview_counts_workers_and_rupiah_by_group_and_month(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    since = date(2026, 11, 1)
    for income in (1_000_000, 2_950_000):
        make_worker(session, vault, agent=agent, enrolled_from=since, income_idr=income)
    driver = make_worker(session, vault, agent=agent, enrolled_from=since)
    driver.sector = Sector.TRANSPORT
    session.flush()

    found = proposed(session, discount("2027-01", 50, until="2027-03"))
    told = deciding.preview_of(session, admin(session), found.id)

    [group] = told.groups
    assert (group.sector, group.funding, group.workers) == ("other", "self", 2)
    assert (group.before_idr, group.after_idr) == (16_800 + 36_300, 8_400 + 18_150)
    assert [m.month for m in told.months] == [month(f"2027-0{n}") for n in (1, 2, 3)]
    assert told.workers == 2


def test_the_preview_names_only_people_of_the_readers_offices(
    session: Session, vault: Vault
) -> None:
    world = World.build(session, vault)
    worker = make_worker(session, vault, agent=world.agent, enrolled_from=date(2026, 12, 1))
    billing.ensure_billed(session, worker_id=worker.id, months=[month("2026-12")])
    world.worker = worker
    world.collect([month("2026-12")])
    found = proposed(session, rates("2026-12", {0: 7_000}))
    here = make_user(session, RoleName.FINANCE, office_id=world.agent.office_id)
    there = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)

    told_here = deciding.preview_of(session, here, found.id)
    told_there = deciding.preview_of(session, there, found.id)

    assert [p.worker_id for p in told_here.paid_first] == [worker.id]
    assert told_there.paid_first == []
    assert told_there.paid == 1


def test_what_is_offered_ahead_has_the_released_prices(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 11, 1))
    released(session, discount("2027-01", 50, until="2027-03"))

    released_tariffs.refresh(session, again=True)
    offered = coming_months(session, worker_id=worker.id, count=6)

    assert [one.amount_idr for one in offered] == [8_400] * 5 + [16_800]
    assert "PP 2/2027" in offered[2].tariff
