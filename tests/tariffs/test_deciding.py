"""Tariff tables: two people, dates, corrections, and what billing does with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.closing.models import MonthClosing
from agentsys.contributions import released_tariffs, tariff
from agentsys.contributions.tariff_models import TariffKind, TariffState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.people.models import RoleName
from agentsys.tariffs import deciding
from agentsys.workers.kinds import Funding, Programmes, Sector
from tests.factories import make_agent, make_user
from tests.tariffs.steps import admin, decided, discount, month, proposed, rates, released

NOVEMBER = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november() -> Any:
    """The time of these tests."""
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        yield clock


def jkm(session: Session, of: str, *, funding: Funding = Funding.APBD) -> int:
    """What JKM costs in a month, by what was released; without a discount, as a budget pays it."""
    released_tariffs.refresh(session, again=True)
    return tariff.price(
        month=month(of),
        income_idr=1_000_000,
        programmes=Programmes.TWO,
        sector=Sector.OTHER,
        funding=funding,
    ).jkm_idr


def test_a_released_table_counts_from_its_month_on(session: Session) -> None:
    released(session, rates("2027-03", {0: 7_000}))

    assert [jkm(session, of) for of in ("2027-02", "2027-03", "2028-01")] == [6_800, 7_000, 7_000]


def test_a_proposed_refused_or_withdrawn_table_changes_no_price(session: Session) -> None:
    who = admin(session)
    first = proposed(session, rates("2027-03", {0: 7_000}), who)
    assert jkm(session, "2027-03") == 6_800
    decided(session, first, "refuse", reason="Salah bulan")
    second = proposed(session, rates("2027-03", {0: 7_000}), who)
    decided(session, second, "withdraw", by=who)

    assert (first.state, second.state) == (TariffState.REFUSED, TariffState.WITHDRAWN)
    assert jkm(session, "2027-03") == 6_800


def test_a_correction_is_a_new_table_for_the_same_month(session: Session, november: Any) -> None:
    released(session, rates("2027-03", {0: 70_000}))
    november.shift(timedelta(minutes=5))
    released(session, rates("2027-03", {0: 7_000}))

    assert jkm(session, "2027-03") == 7_000


def test_a_table_of_an_earlier_month_leaves_a_later_one_alone(
    session: Session, november: Any
) -> None:
    released(session, rates("2027-06", {0: 9_000}))
    november.shift(timedelta(minutes=5))
    released(session, rates("2027-03", {0: 7_000}))

    assert [jkm(session, of) for of in ("2027-02", "2027-05", "2027-06")] == [6_800, 7_000, 9_000]


def test_after_its_last_month_the_table_before_it_counts_again(session: Session) -> None:
    released(session, rates("2027-03", {0: 3_400}, until="2027-05"))

    assert [jkm(session, of) for of in ("2027-02", "2027-03", "2027-05", "2027-06")] == [
        6_800,
        3_400,
        3_400,
        6_800,
    ]


def test_a_correction_that_ends_earlier_ends_the_first_table_too(
    session: Session, november: Any
) -> None:
    released(session, rates("2027-03", {0: 3_400}, until="2027-12"))
    november.shift(timedelta(minutes=5))
    released(session, rates("2027-03", {0: 3_400}, until="2027-05"))

    assert [jkm(session, of) for of in ("2027-05", "2027-06")] == [3_400, 6_800]


def test_a_discount_is_extended_and_the_other_sector_keeps_its_own(session: Session) -> None:
    released(session, discount("2027-01", 50, until="2027-12"))

    assert jkm(session, "2027-06", funding=Funding.SELF) == 3_400
    assert jkm(session, "2028-01", funding=Funding.SELF) == 6_800
    assert jkm(session, "2027-06") == 6_800  # a budget pays
    driver = tariff.price(
        month=month("2027-02"),
        income_idr=1_000_000,
        programmes=Programmes.TWO,
        sector=Sector.TRANSPORT,
        funding=Funding.SELF,
    )
    assert driver.discounts == ("PP 50/2025",)


def test_nobody_releases_an_own_table(session: Session) -> None:
    who = admin(session)
    found = proposed(session, rates("2027-03", {0: 7_000}), who)

    with pytest.raises(Forbidden):
        decided(session, found, by=who)


def test_only_who_proposed_a_table_withdraws_it(session: Session) -> None:
    found = proposed(session, rates("2027-03", {0: 7_000}))

    with pytest.raises(NotFound):
        decided(session, found, "withdraw")


@pytest.mark.parametrize("role", [RoleName.FINANCE, RoleName.SUPERVISOR, RoleName.AUDITOR])
def test_who_may_not_propose_tables_cannot(session: Session, role: RoleName) -> None:
    office = make_agent(session).office_id
    other = make_user(session, role, office_id=office)

    with pytest.raises(Forbidden):
        proposed(session, rates("2027-03", {0: 7_000}), other)


def test_an_admin_of_one_of_several_offices_proposes_no_table_for_all(session: Session) -> None:
    mine, _another = make_agent(session).office_id, make_agent(session).office_id
    assert mine != _another

    with pytest.raises(Forbidden):
        proposed(
            session,
            rates("2027-03", {0: 7_000}),
            make_user(session, RoleName.ADMIN, office_id=mine),
        )


def test_finance_releases_as_the_second_person(session: Session) -> None:
    found = proposed(session, rates("2027-03", {0: 7_000}))
    finance = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)

    assert decided(session, found, by=finance).state is TariffState.RELEASED


def test_a_supervisor_does_not_release(session: Session) -> None:
    found = proposed(session, rates("2027-03", {0: 7_000}))

    with pytest.raises(Forbidden):
        decided(session, found, by=make_user(session, RoleName.SUPERVISOR))


def test_the_same_table_is_proposed_and_released_once(session: Session) -> None:
    found = proposed(session, rates("2027-03", {0: 7_000}))
    with pytest.raises(Conflict, match="sudah diusulkan"):
        proposed(session, rates("2027-03", {0: 7_000}))
    decided(session, found)
    with pytest.raises(Conflict, match="sama persis"):
        proposed(session, rates("2027-03", {0: 7_000}))
    with pytest.raises(Conflict):
        decided(session, found)


def test_a_second_table_for_a_month_waits_until_the_first_is_decided(session: Session) -> None:
    proposed(session, rates("2027-03", {0: 7_000}))

    with pytest.raises(Conflict, match="orang kedua"):
        proposed(session, rates("2027-03", {0: 8_000}))
    proposed(session, rates("2027-04", {0: 8_000}))


def test_who_read_an_old_preview_reads_the_new_one_first(session: Session) -> None:
    first = proposed(session, rates("2027-03", {0: 7_000}))
    second = proposed(session, rates("2027-04", {0: 8_000}))
    seen = tariff.version()
    decided(session, first)

    with pytest.raises(Conflict, match="pratinjau"):
        decided(session, second, seen=seen)
    released_tariffs.refresh(session, again=True)
    assert decided(session, second).state is TariffState.RELEASED


@pytest.mark.parametrize("first", ["2026-10", "2026-08"])
def test_a_table_that_begins_in_a_closed_month_is_refused(session: Session, first: str) -> None:
    office = make_agent(session).office_id
    session.add(
        MonthClosing(
            office_id=office,
            month=date(2026, 10, 1),
            from_at=datetime(2026, 10, 1, tzinfo=UTC),
            until_at=datetime(2026, 11, 1, tzinfo=UTC),
            last_entry_id=0,
            open_items=[],
            closed_by=admin(session).id,
        )
    )
    session.flush()

    with pytest.raises(Refused, match="sudah ditutup"):
        proposed(session, rates(first, {0: 7_000}))
    proposed(session, rates("2026-11", {0: 7_000}))


@pytest.mark.parametrize("first", ["2020-01", "2031-01"])
def test_a_table_far_away_is_refused(session: Session, first: str) -> None:
    with pytest.raises(Invalid, match="Pilih valid_from"):
        proposed(session, rates(first, {0: 7_000}))


def test_a_table_without_its_source_is_refused(session: Session) -> None:
    with pytest.raises(Invalid, match="sumber"):
        deciding.propose(
            session, table=rates("2027-03", {0: 1}), source=" \0 ", actor_id=admin(session).id
        )


def test_a_refusal_says_why(session: Session) -> None:
    with pytest.raises(Invalid, match="alasan"):
        decided(session, proposed(session, rates("2027-03", {0: 7_000})), "refuse")


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE tariff_tables SET rows = \'[{"income_from": 0, "amount_idr": 1}]\'',
        "UPDATE tariff_tables SET valid_from = '2027-04-01'",
        "UPDATE tariff_tables SET state = 'withdrawn'",
        "DELETE FROM tariff_tables",
    ],
)
def test_the_database_lets_nobody_edit_a_released_table(session: Session, change: str) -> None:
    released(session, rates("2027-03", {0: 7_000}))

    with pytest.raises(DBAPIError, match="new table"), session.begin_nested():
        session.execute(text(change))


def test_the_trail_says_who_proposed_and_released_what(session: Session) -> None:
    found = released(session, rates("2027-03", {0: 7_000}))

    events = session.scalars(
        select(AuditEvent).where(AuditEvent.subject == f"tariff:{found.id}").order_by(AuditEvent.id)
    ).all()
    assert [event.action for event in events] == ["tariff.proposed", "tariff.released"]
    assert [event.actor_id for event in events] == [found.proposed_by, found.decided_by]
    assert events[1].details["instrument"] == "PP 1/2027"


def test_kinds_are_told_apart(session: Session) -> None:
    released(session, rates("2027-03", {0: 21_000}, kind=TariffKind.JHT))

    assert jkm(session, "2027-03") == 6_800
