"""Running the monthly billing from a page."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock, jobs
from agentsys.contributions import billing
from agentsys.contributions.models import BillingRun, Contribution
from agentsys.crypto import Vault
from agentsys.money import format_idr
from agentsys.months import add_months
from agentsys.people.models import Agent, RoleName, User
from tests.factories import make_agent, make_office, make_user, make_worker

PAGE = "/keuangan/penagihan"


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent with three workers."""
    found = make_agent(session)
    for _worker in range(3):
        make_worker(session, vault, agent=found)
    return found


@pytest.fixture
def finance(session: Session, agent: Agent) -> User:
    """Somebody of finance in the agent's office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


def _jobs(session: Session) -> list[dict[str, Any]]:
    return list(
        session.scalars(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'bill_month'"))
    )


def _run_jobs(session: Session) -> None:
    for args in _jobs(session):
        jobs.bill_month(**args)
    session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'bill_month'"))


def test_a_run_is_queued_watched_and_shown(session: Session, finance: User, visit: Any) -> None:
    month = f"{clock.this_month():%Y-%m}"
    visitor = visit(finance)

    answer = visitor.submit(PAGE, month=month)
    waiting = visitor.get(f"{PAGE}/keadaan?bulan={month}").get_data(as_text=True)
    queued = _jobs(session)
    _run_jobs(session)
    done = visitor.get(f"{PAGE}/keadaan?bulan={month}").get_data(as_text=True)

    assert answer.location == f"{PAGE}?bulan={month}"
    assert queued == [
        {"month": f"{month}-01", "actor_id": finance.id, "office_id": finance.office_id}
    ]
    assert "Menunggu giliran" in waiting
    assert f'data-poll="{PAGE}/keadaan?bulan={month}"' in waiting
    assert "data-poll" not in done
    run = session.scalars(select(BillingRun)).one()
    assert (run.billed, run.amount_idr) == (
        3,
        sum(session.scalars(select(Contribution.amount_idr))),
    )
    assert format_idr(run.amount_idr) in done
    assert format_idr(run.amount_idr) in visitor.get(PAGE).get_data(as_text=True)


def test_a_month_that_waits_is_not_queued_twice(
    session: Session, finance: User, visit: Any
) -> None:
    visitor = visit(finance)

    for _again in range(2):
        answer = visitor.submit(PAGE, month=f"{clock.this_month():%Y-%m}")

    assert len(_jobs(session)) == 1
    assert "sudah menunggu giliran" in visitor.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("months_away", [None, 5, -30])
def test_a_month_that_is_not_offered_is_refused(
    session: Session, finance: User, visit: Any, months_away: int | None
) -> None:
    month = "besok"
    if months_away is not None:
        month = f"{add_months(clock.this_month(), months_away):%Y-%m}"
    visitor = visit(finance)

    answer = visitor.submit(PAGE, month=month)

    assert _jobs(session) == []
    page = visitor.get(answer.location).get_data(as_text=True)
    assert "Pilih bulan iuran dari daftar." in page


def test_a_failed_run_says_so_until_another_succeeds(
    session: Session, finance: User, visit: Any
) -> None:
    month = f"{clock.this_month():%Y-%m}"
    visitor = visit(finance)
    visitor.submit(PAGE, month=month)
    session.execute(
        text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'bill_month'")
    )

    failed = visitor.get(PAGE).get_data(as_text=True)
    billing.bill_month(
        session, month=clock.this_month(), actor_id=finance.id, office_id=finance.office_id
    )
    later = visitor.get(PAGE).get_data(as_text=True)

    assert "Penagihan gagal" in failed
    assert "Penagihan gagal" not in later


def test_runs_and_jobs_of_another_office_are_not_shown(
    session: Session, agent: Agent, finance: User, visit: Any
) -> None:
    run = billing.bill_month(
        session, month=clock.this_month(), actor_id=finance.id, office_id=finance.office_id
    )
    other = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)
    visit(finance).submit(PAGE, month=f"{add_months(clock.this_month(), -1):%Y-%m}")

    page = visit(other).get(PAGE).get_data(as_text=True)

    assert "Belum pernah dijalankan" in page
    assert "data-poll" not in page
    assert format_idr(run.amount_idr) not in page


def test_an_admin_of_all_offices_bills_all(session: Session, agent: Agent, visit: Any) -> None:
    admin = make_user(session, RoleName.ADMIN)

    visit(admin).submit(PAGE, month=f"{clock.this_month():%Y-%m}")

    assert [args["office_id"] for args in _jobs(session)] == [None]


def test_a_month_that_is_no_month_has_no_progress(finance: User, visit: Any) -> None:
    assert visit(finance).get(f"{PAGE}/keadaan?bulan=besok").status_code == 404


def test_billing_is_scheduled_and_the_schedule_is_shown_and_removed(
    session: Session, finance: User, visit: Any
) -> None:
    visitor = visit(finance)
    before = visitor.get(PAGE).get_data(as_text=True)

    answer = visitor.submit(f"{PAGE}/jadwal", office=str(finance.office_id), day="5", hour="7")
    planned = visitor.get(PAGE).get_data(as_text=True)
    visitor.submit(f"{PAGE}/jadwal/{finance.office_id}/hapus")
    after = visitor.get(PAGE).get_data(as_text=True)

    assert answer.status_code == 302
    assert "Belum dijadwalkan" in before
    assert "Setiap tanggal 5 pukul 07.00 waktu kantor." in planned
    assert "Belum dijadwalkan" in after


@pytest.mark.parametrize("sent", [{"day": "31"}, {"hour": "soon"}, {"office": "999999"}])
def test_a_schedule_that_is_not_offered_is_refused(
    session: Session, finance: User, visit: Any, sent: dict[str, str]
) -> None:
    visitor = visit(finance)
    form = {"office": str(finance.office_id), "day": "5", "hour": "7"} | sent

    visitor.submit(f"{PAGE}/jadwal", **form)

    page = visitor.get(PAGE).get_data(as_text=True)
    assert "Pilih salah satu yang ada di daftar." in page
    assert "Belum dijadwalkan" in page
