"""Targets of cover: dated, entered by the office, and compared with who is covered."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.reports import covered, targets
from agentsys.reports.asked import Asked
from agentsys.workers.kinds import Ecosystem
from tests.factories import make_agent, make_contribution, make_office, make_worker

DAY = date(2026, 1, 1)


def _enter(session: Session, office_id: int, people: int, **values: object) -> None:
    about = {
        "kelurahan": "",
        "ecosystem": None,
        "from_on": DAY,
        "source": "SK 1",
        "actor_id": None,
    } | values
    targets.enter(session, office_id=office_id, people=people, **about)  # type: ignore[arg-type]


def test_the_newest_target_on_the_day_holds(session: Session) -> None:
    office, other = make_office(session), make_office(session)
    _enter(session, office.id, 100)
    _enter(session, office.id, 120)  # the same day again: a correction
    _enter(session, office.id, 200, from_on=DAY + timedelta(days=31))
    _enter(session, office.id, 30, kelurahan="Guntung")
    _enter(session, office.id, 40, kelurahan="GUNTUNG", from_on=DAY + timedelta(days=1))
    _enter(session, office.id, 50, ecosystem=Ecosystem.PASAR)
    _enter(session, other.id, 999)

    first = targets.on(session, office_id=office.id, day=DAY)
    later = targets.on(session, office_id=office.id, day=DAY + timedelta(days=40))

    assert (first.office, first.kelurahan) == (120, {"guntung": ("Guntung", 30)})
    assert (later.office, later.kelurahan) == (200, {"guntung": ("GUNTUNG", 40)})
    assert later.ecosystems == {Ecosystem.PASAR: 50}
    assert targets.on(session, office_id=office.id, day=DAY - timedelta(days=1)).office is None


def test_no_people_end_a_target(session: Session) -> None:
    office = make_office(session)
    _enter(session, office.id, 100)
    _enter(session, office.id, 0, from_on=DAY + timedelta(days=1))

    assert targets.on(session, office_id=office.id, day=DAY).office == 100
    assert targets.on(session, office_id=office.id, day=DAY + timedelta(days=1)).office is None


@pytest.mark.parametrize(
    ("values", "about"),
    [
        ({"kelurahan": "Guntung", "ecosystem": Ecosystem.DESA}, "ecosystem"),
        ({"source": "  "}, "source"),
        ({"people": -1}, "people"),
        ({"people": 100_000_001}, "people"),
    ],
)
def test_a_wrong_target_is_refused(session: Session, values: dict[str, object], about: str) -> None:
    given = {"people": 5} | values
    with pytest.raises(Invalid) as refused:
        _enter(session, make_office(session).id, **given)  # type: ignore[arg-type]

    assert refused.value.facts["about"] == about


def test_entering_is_recorded(session: Session) -> None:
    office = make_office(session)
    _enter(session, office.id, 7, kelurahan="Guntung")

    act = session.scalars(select(AuditEvent).where(AuditEvent.action == "target.entered")).one()
    assert act.subject == f"office:{office.id}"
    assert (act.details["count"], act.details["kelurahan"]) == (7, "Guntung")


@pytest.mark.made_up_books
def test_shares_are_of_the_target_and_a_place_without_anybody_is_there(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    month = clock.this_month()
    for name in ("Guntung", "guntung", "Loktuan"):
        worker = make_worker(session, vault, agent=agent, kelurahan=name, ecosystem=Ecosystem.PASAR)
        make_contribution(
            session, worker, month, payment_id=1, remittance_id=1, confirmed_at=clock.now()
        )
    _enter(session, agent.office_id, 8)
    _enter(session, agent.office_id, 3, kelurahan="GUNTUNG")
    _enter(session, agent.office_id, 10, kelurahan="Api-Api")
    _enter(session, agent.office_id, 4, ecosystem=Ecosystem.PASAR)

    found = covered.covered(session, Asked(office_id=agent.office_id, first=month, last=month))

    places = {p.name.lower(): (p.covered, p.target, p.percent) for p in found.kelurahan}
    assert places == {
        "api-api": (0, 10, 0.0),
        "guntung": (2, 3, 66.7),
        "loktuan": (1, None, None),
    }
    assert (found.total.covered, found.total.percent) == (3, 37.5)
    [market] = [p for p in found.ecosystems if p.ecosystem is Ecosystem.PASAR]
    assert (market.covered, market.percent) == (3, 75.0)


def test_a_range_is_refused_if_it_is_turned_round_or_too_long() -> None:
    with pytest.raises(Invalid, match="Tukar"):
        Asked(office_id=1, first=date(2026, 2, 1), last=date(2026, 1, 1))
    with pytest.raises(Invalid, match="Paling banyak"):
        Asked(office_id=1, first=date(2023, 1, 1), last=date(2026, 1, 1))
    assert len(Asked(office_id=1, first=date(2023, 2, 1), last=date(2026, 1, 1)).months) == 36
