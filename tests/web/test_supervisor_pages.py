"""The supervisor's pages: approving what was shown, and uploading lists."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
import time_machine
from sqlalchemy import select, text, update

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.commissions import basis, run
from agentsys.commissions.models import Statement, StatementState
from agentsys.db import transaction
from agentsys.demo.roster import write_roster
from agentsys.ledger import journal
from agentsys.months import add_months
from agentsys.payments import cash
from agentsys.payments.models import PayLink
from agentsys.people.models import RoleName
from agentsys.remittances import batches, confirmations, results
from agentsys.runtime import KEY
from agentsys.sheets.reader import read_sheets
from agentsys.web.texts import month
from agentsys.workers.models import Funding, Programmes, Roster, RosterFile, RosterStatus, Worker
from agentsys.workers.roster import store_upload
from agentsys.workers.roster_columns import find_header
from tests.factories import make_agent, make_contribution, make_user, make_worker, sealed_file


@pytest.fixture
def statement(app, session, vault):
    """A computed statement over one confirmed contribution of Rp16.800: Rp2.520."""
    agent = make_agent(session, name="Sari Wulandari")
    worker = make_worker(session, vault, agent=agent)
    finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
    month = make_contribution(session, worker).month
    registry = app.extensions[KEY].registry
    cash.collect(
        session,
        key="collect-once",
        channel=registry.channels["cash"],
        worker_id=worker.id,
        months=[month],
        actor_id=agent.user_id,
        agent_id=agent.id,
    )
    deposit = cash.declare_deposit(
        session,
        key="deposit-once",
        agent_id=agent.id,
        actor_id=agent.user_id,
        evidence="SLIP-1",
        counted_idr=16_800,
    )
    cash.decide_deposit(
        session,
        deposit_id=deposit.id,
        action=cash.DepositAction.CONFIRM,
        actor=finance,
        counted_idr=16_800,
    )
    batch = batches.make_batch(session, office_id=agent.office_id, actor_id=finance.id)
    batches.set_code(
        session, remittance_id=batch.id, kode_iuran="632309048826", actor_id=finance.id
    )
    rows = results.read_results(
        "KODE IURAN;STATUS;JUMLAH;NO REF\n632309048826;PAID;16800;623090050711"
    )
    confirmations.confirm(session, rows=rows, actor_id=finance.id)
    session.commit()
    run.run_month(transaction, hook=registry.commission_lines, month=month, actor_id=None)
    return session.scalars(select(Statement)).one()


def shown(statement) -> str:
    return f"{statement.id}:{statement.lines_hash.hex()}"


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

    assert journal.balance(session, f"expense:commission:{statement.office_id}") == 2_772
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
            "Rekap komisi Sari Wulandari bulan November 2026 dihitung ulang sejak Anda membukanya:"
            " sekarang Rp2.772 dari 1 iuran.",
        ),
        (
            "en",
            "Sari Wulandari&#39;s commission statement for November 2026 was computed again since"
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

    assert sentence in answer.get_data(as_text=True)
    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED


def test_a_pay_link_warns_whoever_is_no_longer_covered(session, visit, client, statement):
    worker = session.scalars(select(Worker)).one()

    with time_machine.travel(basis.month_bounds(add_months(statement.month, 2))[0]):
        make_contribution(session, worker)
        visit(statement.agent.user).submit(f"/pekerja/{worker.id}/tautan")
        token = session.scalars(select(PayLink)).one().token
        page = client.get(f"/bayar/{token}").get_data(as_text=True)

    assert "Tidak terlindungi sejak" in page
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


def test_returning_needs_a_reason(session, visit, statement):
    client = visit(statement.agent.supervisor)

    client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="return", reason=" ")
    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED
    client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="return", reason="Cek")

    assert session.get_one(Statement, statement.id).state is StatementState.RETURNED


def test_what_was_refused_comes_back_ticked_unless_it_has_changed(session, visit, statement):
    client, tick = visit(statement.agent.supervisor), r'value="{}"\s+checked'

    without = client.submit("/pembina/komisi/putuskan", ids=shown(statement), action="return")
    stale = f"{statement.id}:{'00' * 32}"
    changed = client.submit(
        "/pembina/komisi/putuskan", ids=stale, action="return", reason="Cek NIK"
    )

    assert without.status_code == changed.status_code == 422
    assert re.search(tick.format(shown(statement)), without.get_data(as_text=True))
    assert not re.search(r"\schecked\b", changed.get_data(as_text=True))
    assert ">Cek NIK</textarea>" in changed.get_data(as_text=True)


def test_one_statement_is_decided_on_its_own_page(session, visit, statement):
    client, page = visit(statement.agent.supervisor), f"/pembina/komisi/{statement.id}"
    version = statement.lines_hash.hex()

    stale = client.submit(page, version="00" * 32, action="return", reason="Cek NIK")
    nothing = client.submit(page, version=version, action="return", reason=" ")
    done = client.submit(page, version=version, action="return", reason="Cek NIK")
    said = client.get(done.location).get_data(as_text=True)
    late = client.submit(page, version=version, action="return", reason="Cek nama")

    assert [stale.status_code, nothing.status_code, late.status_code] == [422, 422, 422]
    assert ">Cek NIK</textarea>" in stale.get_data(as_text=True)
    assert done.status_code == 302
    assert session.get_one(Statement, statement.id).reason == "Cek NIK"
    told = visit(statement.agent.user).get(f"/komisi/{statement.id}").get_data(as_text=True)
    assert re.search(r"Riwayat.*Dikembalikan.*Dihitung", told, re.S)
    assert f"Komisi Sari Wulandari bulan {month(statement.month)} dikembalikan." in said
    assert 'Belum disimpan:</b> <span class="kept">Cek nama</span>' in late.get_data(as_text=True)


def test_a_reason_that_was_typed_before_it_was_approved_is_told_to_nobody(
    session, visit, statement
):
    page = f"/pembina/komisi/{statement.id}"

    visit(statement.agent.supervisor).submit(
        page, version=statement.lines_hash.hex(), action="approve", reason="Cek NIK"
    )

    approved = session.get_one(Statement, statement.id)
    assert (approved.state, approved.reason) == (StatementState.APPROVED, "")
    assert "Cek NIK" not in visit(statement.agent.user).get("/komisi").get_data(as_text=True)


@pytest.mark.parametrize("action", ["", "APPROVE", "lain"])
def test_no_decision_but_the_two_that_there_are_is_taken(session, visit, statement, action):
    client = visit(statement.agent.supervisor)

    answer = client.submit(
        "/pembina/komisi/putuskan", ids=shown(statement), action=action, reason="Cek"
    )

    assert answer.status_code == 422
    assert "Pilih tindakan." in answer.get_data(as_text=True)
    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED


def test_another_teams_statement_is_not_decided(session, visit, statement):
    stranger = make_user(session, RoleName.SUPERVISOR, office_id=statement.office_id)

    visit(stranger).submit("/pembina/komisi/putuskan", ids=shown(statement), action="approve")

    assert session.get_one(Statement, statement.id).state is StatementState.SUBMITTED


@pytest.mark.parametrize("ids", ["", "x:y", "1", "1:zz"])
def test_a_broken_selection_gets_a_sentence(visit, statement, ids):
    answer = visit(statement.agent.supervisor).submit(
        "/pembina/komisi/putuskan", ids=ids, action="approve"
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_the_approval_list_comes_as_a_spreadsheet_with_text_as_text(session, visit, statement):
    statement.agent.name = "=1+1"

    answer = visit(statement.agent.supervisor).get("/pembina/komisi?as=xlsx")

    assert answer.data.startswith(b"PK")
    assert b"<f>" not in answer.data
    taken = session.scalars(select(AuditEvent).where(AuditEvent.subject == "list:komisi")).one()
    assert (taken.action, taken.actor_id) == ("list.exported", statement.agent.supervisor_id)
    assert taken.details == {"rows": 1, "filters": []}


def test_the_inbox_and_the_list_know_no_rosters_of_another_team(session, vault, visit):
    mine = make_agent(session)
    other = make_agent(session, office_id=mine.office_id)
    for agent in (mine, other):
        roster = store_upload(
            session,
            vault=vault,
            office_id=agent.office_id,
            agent_id=agent.id,
            filename=f"daftar-{agent.code}.csv",
            content=agent.code.encode(),
            programmes=Programmes.TWO,
            funding=Funding.APBD,
            from_month=clock.this_month(),
            actor_id=None,
        )
        roster.status = RosterStatus.FAILED
    client = visit(mine.supervisor)

    queue = client.get("/kotak-kerja/?state=list.failed").get_data(as_text=True)
    rosters = client.get("/pembina/daftar").get_data(as_text=True)

    for page in (queue, rosters):
        assert f"daftar-{mine.code}.csv" in page
        assert f"daftar-{other.code}.csv" not in page


def test_an_uploaded_list_is_queued_with_its_job(session, visit, tmp_path):
    agent = make_agent(session)
    path = tmp_path / "daftar.xlsx"
    write_roster(path, rows=20, seed=1, damage_share=0)
    client = visit(agent.supervisor)

    answer = client.submit(
        "/pembina/daftar",
        file=(io.BytesIO(path.read_bytes()), "daftar.xlsx"),
        agent=agent.id,
        programmes="JKK+JKM",
        funding="apbd",
        from_month=f"{clock.this_month():%Y-%m}",
    )

    roster = session.scalars(select(Roster)).one()
    assert answer.headers["Location"] == f"/pembina/daftar/{roster.id}"
    assert roster.status is RosterStatus.WAITING
    queued = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).one()
    assert tuple(queued) == ("import_roster", {"roster_id": roster.id})
    assert "data-poll" in client.get(answer.headers["Location"]).get_data(as_text=True)


def test_a_list_that_is_too_large_is_refused_on_its_page(session, visit):
    agent = make_agent(session)
    content = io.BytesIO(b"x" * (40 * 1024 * 1024 + 1))

    answer = visit(agent.supervisor).submit(
        "/pembina/daftar",
        file=(content, "daftar.xlsx"),
        agent=agent.id,
        programmes="JKK+JKM",
        funding="csr",
        from_month=f"{clock.this_month():%Y-%m}",
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Berkas ini lebih besar dari 40 MB" in page
    assert 'selected value="csr"' in page


def test_the_empty_list_that_is_offered_has_the_usual_columns_as_text(session, visit):
    content = visit(make_agent(session).supervisor).get("/pembina/daftar/contoh.xlsx").data

    [rows] = [list(sheet.rows) for sheet in read_sheets(content)]
    header = find_header(rows)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        columns = re.findall(r"<col [^>]*>", book.read("xl/worksheets/sheet1.xml").decode())
        styles = book.read("xl/styles.xml").decode()
    assert header is not None
    assert {"nik", "name", "ttl", "phone", "income"} <= header.positions.keys()
    assert columns
    assert all('style="' in column for column in columns)
    assert 'formatCode="@"' in styles  # text, so that a NIK keeps its last digit


def refused_list(session, vault, agent, rejects):
    """A list with one refused row, and the file of that, if it is made."""
    roster = Roster(
        office_id=agent.office_id,
        agent_id=agent.id,
        filename="daftar.csv",
        sha256=b"",
        programmes=Programmes.TWO,
        funding=Funding.SELF,
        from_month=clock.this_month(),
        status=RosterStatus.DONE,
        rows_total=1,
        rejected=1,
    )
    session.add(roster)
    session.flush()
    content = sealed_file(vault, roster, rejects or b"NIK,NAMA\n1,Andi\n")
    session.add(RosterFile(roster_id=roster.id, sealed=content, refused_only=rejects is not None))
    session.flush()
    return roster


def test_the_refused_rows_of_a_list_are_taken_back_and_that_is_recorded(session, vault, visit):
    agent = make_agent(session)
    roster = refused_list(session, vault, agent, b"PK made by the job")

    answer = visit(agent.supervisor).get(f"/pembina/daftar/{roster.id}/ditolak.xlsx")

    assert answer.data == b"PK made by the job"
    actions = session.scalars(select(AuditEvent.action)).all()
    assert "roster.rejects_downloaded" in actions


def test_refused_rows_that_are_not_ready_are_made_by_one_job_and_not_by_the_page(
    session, vault, visit
):
    agent = make_agent(session)
    roster = refused_list(session, vault, agent, None)
    client = visit(agent.supervisor)

    answers = [client.get(f"/pembina/daftar/{roster.id}/ditolak.xlsx") for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"/pembina/daftar/{roster.id}"}
    assert "sedang disiapkan" in client.get(answers[0].headers["Location"]).get_data(as_text=True)
    queued = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
    assert [tuple(job) for job in queued] == [("keep_refused", {"roster_id": roster.id})]


def test_an_upload_without_a_file_or_month_is_explained(session, visit):
    agent = make_agent(session)

    answer = visit(agent.supervisor).submit("/pembina/daftar", agent=agent.id, from_month="kapan")

    assert answer.status_code == 422
    assert session.scalars(select(Roster)).all() == []


def test_a_list_that_begins_in_a_month_beyond_billing_is_refused(session, visit):
    agent = make_agent(session)

    answer = visit(agent.supervisor).submit(
        "/pembina/daftar",
        file=(io.BytesIO(b"NIK;NAMA\n1;Andi\n"), "daftar.csv"),
        agent=agent.id,
        programmes="JKK+JKM",
        funding="apbd",
        from_month="2062-11",
    )

    assert answer.status_code == 422
    assert "Bulan November 2062 tidak dapat ditagih." in answer.get_data(as_text=True)
    assert session.scalars(select(Roster)).all() == []


def test_the_agent_sees_what_this_months_confirmations_are_worth_so_far(session, visit, statement):
    page = visit(statement.agent.user).get("/komisi").get_data(as_text=True)

    assert "Rp2.520" in page.partition("Laporan komisi")[0]
