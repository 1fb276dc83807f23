"""Commission statements: shown, approved, returned, and taken away."""

from __future__ import annotations

import re

import pytest
import time_machine
from babel.dates import format_date
from sqlalchemy import select, update

from agentsys.commissions import basis
from agentsys.commissions.models import Statement, StatementState
from agentsys.ledger import journal
from agentsys.months import add_months
from agentsys.payments import cash
from agentsys.payments.link_models import PayLink
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.factories import make_contribution, make_user, make_worker
from tests.web.supervisor.statement_page import shown


def test_what_was_shown_is_approved_and_owed(session, visit, statement):
    client = visit(statement.agent.supervisor)
    page = client.get("/pembina/komisi").get_data(as_text=True)

    answer = client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="approve")

    assert shown(statement) in page
    assert answer.status_code == 302
    assert session.get_one(Statement, statement.id).state is StatementState.APPROVED


def test_the_sum_that_is_shown_is_the_sum_that_is_booked(session, visit, statement):
    client = visit(statement.agent.supervisor)

    page = client.get("/pembina/komisi").get_data(as_text=True)
    one = client.get(f"/pembina/komisi/{statement.id}").get_data(as_text=True)
    client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="approve")

    assert journal.balance(session, f"claim:commission:{statement.office_id}") == 2_772
    assert 'data-amount="2772"' in page
    assert "Setujui Rp2.772" in one
    for shown_page in (
        page,
        one,
        client.get("/pembina/komisi?tab=approved").get_data(as_text=True),
    ):
        assert "Rp2.772" in shown_page
        assert "agen Rp2.520, kantor Rp252" in shown_page


def test_a_statement_of_a_running_month_says_what_waiting_is_good_for(session, visit, statement):
    ratna, hint = statement.agent.supervisor, "Jadi lebih baik menunggu akhir bulan."
    paths = ("/pembina/komisi", f"/pembina/komisi/{statement.id}")

    client = visit(ratna)
    running = [client.get(path).get_data(as_text=True) for path in paths]
    with time_machine.travel(basis.month_bounds(statement.month)[1]):
        client = visit(ratna)
        over = [client.get(path).get_data(as_text=True) for path in paths]

    assert [hint in page for page in running] == [True, True]
    assert [hint in page for page in over] == [False, False]
    for page in (*running, *over):
        assert statement.lines_hash.hex() in page
        assert 'value="approve"' in page


def test_a_statement_that_leaves_out_what_bpjs_confirmed_is_refused_with_advice(
    session, visit, statement
):
    session.execute(update(Statement).values(contributions=0, base_idr=0))
    client = visit(statement.agent.supervisor)

    answer = client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="approve")

    said = answer.get_data(as_text=True)
    assert "BPJS mengonfirmasi lagi iuran dari Sari Wulandari" in said
    assert "Minta keuangan menghitung ulang" in said
    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED


def test_a_statement_shows_the_reason_of_each_rupiah(visit, statement):
    page = visit(statement.agent.supervisor).get(f"/pembina/komisi/{statement.id}")

    assert "15% × Rp16.800, iuran bulan ke-1, Perdir 13/2022" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "id",
            "Laporan komisi Sari Wulandari bulan {month} dihitung ulang sejak Anda membukanya:"
            " sekarang Rp2.772 dari 1 iuran.",
        ),
        (
            "en",
            "Sari Wulandari&#39;s commission statement for {month} was computed again since"
            " you opened it: now Rp2,772, contributions: 1.",
        ),
    ],
)
def test_what_changed_since_it_was_shown_is_not_approved(
    session, visit, statement, language, sentence
):
    client = visit(statement.agent.supervisor)
    client.submit("/bahasa", lang=language, next="/akun")

    seen = f"{statement.id}:{'00' * 32}"
    answer = client.submit("/pembina/komisi/putuskan", ids=seen, action="approve")

    month = format_date(statement.month, "MMMM yyyy", locale=language)
    assert sentence.format(month=month) in answer.get_data(as_text=True)
    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED


def test_a_pay_link_warns_whoever_is_no_longer_covered(session, visit, client, statement):
    worker = session.scalars(select(Worker)).one()

    with time_machine.travel(basis.month_bounds(add_months(statement.month, 2))[0]):
        make_contribution(session, worker)
        visit(statement.agent.user).submit(f"/pekerja/{worker.id}/tautan")
        token = session.scalars(select(PayLink)).one().token
        page = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "perlindungan tidak dapat dipastikan" in page
    assert 'name="months"' in page


def test_the_menu_says_how_much_waits(app, session, vault, visit, statement):
    ratna = visit(statement.agent.supervisor)
    lina = visit(make_user(session, RoleName.FINANCE, office_id=statement.office_id))
    badge = r'(?s)href="{}"[^>]*>(?:(?!</a>).)*<span class="num">1</span>'
    deposits = badge.format("/keuangan/setoran-agen")
    before = lina.get("/akun").get_data(as_text=True)
    worker = make_worker(session, vault, agent=statement.agent)
    who = {"agent_id": statement.agent_id, "actor_id": statement.agent.user_id}
    taken = cash.collect(
        session,
        key="collect-another",
        channel=app.extensions[KEY].registry.channels["cash"],
        worker_id=worker.id,
        months=[make_contribution(session, worker).month],
        **who,
    )
    counted = taken.amount_idr
    cash.declare_deposit(session, key="hand-over", counted_idr=counted, evidence="TRF-1", **who)

    assert re.search(badge.format("/pembina/komisi"), ratna.get("/akun").get_data(as_text=True))
    assert not re.search(deposits, before)
    assert re.search(deposits, lina.get("/akun").get_data(as_text=True))


def test_the_agent_sees_what_this_months_confirmations_are_worth_so_far(session, visit, statement):
    page = visit(statement.agent.user).get("/komisi").get_data(as_text=True)

    assert "Rp2.520" in page.partition("Laporan komisi")[0]
