"""Computing commissions from the finance desk."""

from __future__ import annotations

from sqlalchemy import text

from agentsys import clock
from agentsys.commissions.models import CommissionRun
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user


def finance(session):
    return make_user(session, RoleName.FINANCE, office_id=make_office(session).id)


def test_a_month_is_queued_once_however_often_the_button_is_pressed(session, visit):
    desk = visit(finance(session))
    month = f"{clock.this_month():%Y-%m}"

    desk.submit("/keuangan/komisi", month=month)
    desk.submit("/keuangan/komisi", month=month)

    queued = session.execute(text("SELECT task_name, args->>'month' FROM procrastinate_jobs"))
    assert [tuple(row) for row in queued] == [("compute_commissions", f"{month}-01")]
    assert "data-poll" in desk.get("/keuangan/komisi").get_data(as_text=True)


def test_a_run_that_stopped_says_for_whom_and_why(session, visit):
    session.add(
        CommissionRun(month=clock.this_month(), failures={"A7": "aturan perisai_2022 gagal"})
    )
    session.flush()

    page = visit(finance(session)).get("/keuangan/komisi").get_data(as_text=True)

    assert "belum bisa ditutup" in page
    assert "A7: aturan perisai_2022 gagal" in page


def test_a_month_that_is_none_gets_a_sentence_and_no_job(session, visit):
    desk = visit(finance(session))

    answer = desk.submit("/keuangan/komisi", month="kapan-kapan")

    assert answer.status_code == 302
    assert "Pilih bulan" in desk.get("/keuangan/komisi").get_data(as_text=True)
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
