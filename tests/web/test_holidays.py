"""The page of public holidays: what is added or removed moves the due days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.contributions import due, holidays
from agentsys.contributions.holiday_models import HolidayChange
from agentsys.payments.mandates.rules import ClosedDays, debit_day, rules_for
from agentsys.people.models import RoleName
from tests.factories import make_agent, make_user

PAGE = "/hari-libur/"
TUESDAY = date(2026, 12, 15)


@pytest.fixture(autouse=True)
def november() -> Any:
    """The time of these tests."""
    with time_machine.travel(datetime(2026, 11, 10, 4, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def admin(session: Session, visit: Any) -> Any:
    """An admin of all offices."""
    return visit(make_user(session, RoleName.ADMIN))


def add(visitor: Any, **form: str) -> Any:
    values = {"day": str(TUESDAY), "name": "Pilkada", "source": "Keppres 9/2026"}
    return visitor.submit(PAGE, **(values | form))


def words(answer: Any) -> str:
    """The text of a page on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def test_a_holiday_that_is_added_moves_the_due_day_and_the_debits(
    session: Session, admin: Any
) -> None:
    assert "Desember 2026 15 Des 2026" in words(admin.get(PAGE))

    assert add(admin).status_code == 302

    assert "Desember 2026 16 Des 2026 digeser" in words(admin.get(PAGE))
    holidays.refresh(session)
    assert due.due_on(date(2026, 12, 1)) == date(2026, 12, 16)
    rules = rules_for(TUESDAY)
    assert rules.closed_days is ClosedDays.LATER
    assert debit_day(date(2026, 12, 1), 15, rules) == date(2026, 12, 16)


def test_a_holiday_that_is_removed_counts_no_more_and_can_be_added_again(
    session: Session, admin: Any
) -> None:
    add(admin)
    answer = admin.submit(f"{PAGE}hapus", day=str(TUESDAY), reason="Ditunda")
    removed = words(admin.get(PAGE))
    again = add(admin)

    assert (answer.status_code, again.status_code) == (302, 302)
    assert "Desember 2026 15 Des 2026" in removed
    changes = session.scalars(select(HolidayChange).order_by(HolidayChange.id)).all()
    assert [change.is_holiday for change in changes] == [True, False, True]
    holidays.refresh(session)
    assert holidays.is_holiday(TUESDAY)
    acts = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [act for act in acts if act.startswith("holiday.")] == [
        "holiday.added",
        "holiday.removed",
        "holiday.added",
    ]


def test_one_of_the_products_own_table_is_removed_too(session: Session, admin: Any) -> None:
    christmas = date(2026, 12, 25)

    admin.submit(f"{PAGE}hapus", day=str(christmas), reason="Percobaan")

    holidays.refresh(session)
    assert not holidays.is_holiday(christmas)
    assert holidays.is_holiday(date(2027, 12, 25))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"day": ""}, "Tanggal"),
        ({"day": "2026-02-30"}, "Tanggal"),
        ({"day": "2099-01-01"}, "tiga tahun ke depan"),
        ({"day": "2026-12-25"}, "sudah tercatat"),
        ({"name": ""}, "Wajib diisi"),
        ({"name": "\u200b "}, "Isi nama"),
        ({"source": ""}, "Wajib diisi"),
        ({"name": "x" * 61}, "60"),
    ],
)
def test_what_cannot_be_a_holiday_is_refused_and_comes_back(
    session: Session, admin: Any, form: dict[str, str], said: str
) -> None:
    answer = add(admin, **form)

    assert answer.status_code == 422
    assert said in words(answer)
    assert session.scalars(select(HolidayChange)).all() == []


def test_the_same_day_is_added_once(session: Session, admin: Any) -> None:
    add(admin)

    assert add(admin).status_code == 422
    assert len(session.scalars(select(HolidayChange)).all()) == 1


@pytest.mark.parametrize("day", ["", "besok", "2026-13-01"])
def test_a_day_that_is_none_cannot_be_removed(admin: Any, day: str) -> None:
    assert admin.submit(f"{PAGE}hapus", day=day, reason="x").status_code == 404


def test_without_a_reason_nothing_is_removed(session: Session, admin: Any) -> None:
    admin.submit(f"{PAGE}hapus", day="2026-12-25", reason=" ")

    assert session.scalars(select(HolidayChange)).all() == []


def test_finance_reads_the_page_and_changes_nothing(session: Session, visit: Any) -> None:
    finance = visit(make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id))

    assert "Hari libur nasional" in words(finance.get(PAGE))
    assert add(finance).status_code == 403
    assert finance.submit(f"{PAGE}hapus", day="2026-12-25", reason="x").status_code == 403


def test_an_admin_of_one_of_several_offices_changes_nothing(session: Session, visit: Any) -> None:
    office = make_agent(session).office_id
    make_agent(session)
    admin = visit(make_user(session, RoleName.ADMIN, office_id=office))

    assert "Catat hari libur" not in words(admin.get(PAGE))
    assert add(admin).status_code == 403
