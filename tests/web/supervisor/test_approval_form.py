"""The form that approves or returns statements."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.commissions.models import Statement, StatementState
from agentsys.people.models import RoleName
from agentsys.web.texts import month
from tests.factories import make_user
from tests.web.supervisor.statement_page import shown


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
