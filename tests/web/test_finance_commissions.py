"""Computing commissions from the finance pages."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import text

from agentsys import clock
from agentsys.commissions.models import CommissionRun
from agentsys.people.models import RoleName
from tests.commissions.builders import AFTER_NOVEMBER, at, portfolio, run
from tests.factories import make_agent, make_office, make_user


def finance(session):
    return make_user(session, RoleName.FINANCE, office_id=make_office(session).id)


def stopped_run(session, code, office_id):
    """A run that stopped for one agent of an office, or of all offices."""
    failures = {code: "aturan perisai_2022 gagal"}
    session.add(CommissionRun(month=clock.this_month(), office_id=office_id, failures=failures))
    session.flush()


def test_a_month_is_queued_once_however_often_the_button_is_pressed(session, visit):
    client = visit(finance(session))
    month = f"{clock.this_month():%Y-%m}"

    client.submit("/keuangan/komisi", month=month)
    client.submit("/keuangan/komisi", month=month)

    queued = session.execute(text("SELECT task_name, args->>'month' FROM procrastinate_jobs"))
    assert [tuple(row) for row in queued] == [("compute_commissions", f"{month}-01")]
    assert "data-poll" in client.get("/keuangan/komisi").get_data(as_text=True)


def test_a_run_that_stopped_says_for_whom_and_why(session, visit):
    user = finance(session)
    stopped_run(session, "A7", office_id=user.office_id)

    page = visit(user).get("/keuangan/komisi").get_data(as_text=True)

    assert "belum bisa ditutup" in page
    assert "A7: aturan perisai_2022 gagal" in page


def test_a_month_that_is_none_gets_a_sentence_and_no_job(session, visit):
    client = visit(finance(session))

    answer = client.submit("/keuangan/komisi", month="kapan-kapan")

    assert answer.status_code == 302
    assert "Pilih bulan" in client.get("/keuangan/komisi").get_data(as_text=True)
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


@pytest.mark.parametrize(
    ("month", "says"),
    [
        ("2017-12", "Tidak ada aturan komisi yang berlaku untuk bulan Desember 2017."),
        ("2099-01", "Pilih bulan yang sudah atau sedang berjalan"),
    ],
)
def test_a_month_that_cannot_be_computed_says_so_at_once_and_starts_nothing(
    session, visit, month, says
):
    client = visit(finance(session))

    client.submit("/keuangan/komisi", month=month)

    page = client.get("/keuangan/komisi").get_data(as_text=True)
    assert says in page
    assert "dimulai" not in page
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_finance_computes_and_sees_the_own_office_and_an_admin_of_all_sees_all(session, visit):
    user = finance(session)
    everywhere = make_user(session, RoleName.ADMIN)
    stopped_run(session, "MILIK-KITA", office_id=user.office_id)
    stopped_run(session, "KANTOR-LAIN", office_id=make_office(session).id)
    stopped_run(session, "SEMUA-KANTOR", office_id=None)
    client = visit(user)

    ours = client.get("/keuangan/komisi").get_data(as_text=True)
    all_ = visit(everywhere).get("/keuangan/komisi").get_data(as_text=True)
    for visitor in (client, visit(everywhere)):
        visitor.submit("/keuangan/komisi", month=f"{clock.this_month():%Y-%m}")

    codes = ("MILIK-KITA", "KANTOR-LAIN", "SEMUA-KANTOR")
    assert [code in ours for code in codes] == [True, False, False]
    assert [code in all_ for code in codes] == [True, True, True]
    queued = session.scalars(text("SELECT args->'office_id' FROM procrastinate_jobs ORDER BY id"))
    assert list(queued) == [user.office_id, None]


@pytest.mark.made_up_books
@time_machine.travel(AFTER_NOVEMBER)
def test_a_past_month_with_confirmations_in_no_statement_is_pointed_out(session, vault, visit):
    stale, never, elsewhere = make_agent(session), make_agent(session), make_agent(session)
    user = make_user(session, RoleName.FINANCE, office_id=stale.office_id)
    never.office_id = stale.office_id
    for agent in (stale, elsewhere):
        portfolio(session, vault, agent, 1)
    with time_machine.travel(at(28)):
        run(session, office_id=stale.office_id)
    for agent in (stale, never):
        portfolio(session, vault, agent, 1)
    client = visit(user)

    before = client.get("/keuangan/komisi").get_data(as_text=True)
    run(session, office_id=stale.office_id)
    after = client.get("/keuangan/komisi").get_data(as_text=True)

    assert "November 2026 sudah berakhir, tetapi konfirmasi BPJS untuk 2 agen belum" in before
    assert "sudah berakhir" not in after
