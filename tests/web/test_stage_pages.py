"""Pages of stages: a rule is proposed and released, and finance gives the next approval."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.approving.models import StageRule, StageRuleState
from agentsys.commissions.models import StatementState
from agentsys.crypto import Vault
from agentsys.people.models import RoleName
from agentsys.people.substitutes import today
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.factories import make_agent, make_user, make_worker

pytestmark = pytest.mark.made_up_books
PAGE = "/keuangan/aturan-persetujuan"


def test_a_rule_is_released_and_finance_gives_the_second_approval(
    session: Session, vault: Vault, visit: Any
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    confirm(session, worker, clock.this_month(), confirmed_at=clock.now())
    run(session, hook=offer(uji=fee()), month=clock.this_month())
    statement = statement_of(session, agent, clock.this_month())
    assert statement is not None
    finance, admin = (
        make_user(session, role, office_id=agent.office_id)
        for role in (RoleName.FINANCE, RoleName.ADMIN)
    )
    form = {
        "valid_from": today().isoformat(),
        "second_from_idr": "1",
        "second_by": "second",
        "third_by": "last",
        "basis": "SK 12",
    }
    assert visit(finance).submit(PAGE, **form).status_code == 302
    made = session.scalars(select(StageRule)).one()
    assert visit(admin).submit(f"{PAGE}/{made.id}", action="approve").status_code == 302
    session.refresh(made)
    assert made.state is StageRuleState.APPROVED

    here = f"/pembina/komisi/{statement.id}"
    approving = {"action": "approve", "version": statement.lines_hash.hex()}
    assert "Laporan ini diputuskan penyelia agennya." in visit(finance).get(here).text
    visit(agent.supervisor).submit(here, **approving)
    session.refresh(statement)
    assert statement.state is StatementState.SUBMITTED

    page = visit(finance).get(here).text
    assert "Persetujuan 2 dari 2: Keuangan atau admin" in page
    visit(finance).submit(here, **approving)
    session.refresh(statement)
    assert statement.state is StatementState.APPROVED
    assert "Disetujui sebagian" in visit(finance).get(here).text


def test_what_was_typed_wrongly_comes_back_with_the_reason(session: Session, visit: Any) -> None:
    finance = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)
    form = {
        "valid_from": today().isoformat(),
        "second_from_idr": "5.000.000",
        "second_by": "second",
        "third_from_idr": "1.000.000",
        "third_by": "last",
        "basis": "SK 12",
    }

    answer = visit(finance).submit(PAGE, **form)

    assert answer.status_code == 422
    assert "tidak boleh lebih kecil" in answer.text
    assert "1.000.000" in answer.text
