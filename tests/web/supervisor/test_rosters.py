"""Lists of workers: uploaded, refused, and taken back."""

from __future__ import annotations

import io
import re
import zipfile

from sqlalchemy import select, text

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.demo.roster import write_roster
from agentsys.rosters.importing import store_upload
from agentsys.rosters.layout import find_layout
from agentsys.sheets.reader import read_sheets
from agentsys.workers.models import Funding, Programmes, Roster, RosterFile, RosterStatus
from tests.factories import make_agent, sealed_file


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
    assert roster.status is RosterStatus.UPLOADED
    queued = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).one()
    assert tuple(queued) == ("read_list", {"roster_id": roster.id})
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
    header = find_layout(rows)
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
