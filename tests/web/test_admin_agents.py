"""Changing agents, and commissions that nobody can decide."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.listing import request as list_request
from agentsys.people.models import Agent, AgentStatus, RoleName, User
from tests.commissions.builders import AFTER_NOVEMBER, portfolio, run
from tests.factories import make_agent, make_user

PAGE = "/admin/agen/"


@pytest.fixture
def boss(session: Session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN)


def change(admin: Any, agent: Agent, **changed: object) -> Any:
    """Send the agent's form with what it shows, except for what is given."""
    shown = {
        "supervisor": agent.supervisor_id or "",
        "status": agent.status.value,
        "ceiling": agent.cash_ceiling_idr,
    }
    return admin.submit(f"{PAGE}{agent.id}", **(shown | changed))


def test_an_agent_gets_another_supervisor_status_and_ceiling_and_the_trail_says_so(
    session: Session, boss: User, visit: Any
) -> None:
    agent = make_agent(session)
    before = agent.supervisor_id
    other = make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)

    answer = change(
        visit(boss), agent, supervisor=other.id, status="suspended", ceiling="1.500.000"
    )

    assert answer.location == PAGE
    assert (agent.supervisor_id, agent.status) == (other.id, AgentStatus.SUSPENDED)
    assert agent.cash_ceiling_idr == 1_500_000
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "agent.changed")).one()
    assert (event.actor_id, event.subject) == (boss.id, f"agent:{agent.id}")
    assert event.details == {
        "supervisor_id": [before, other.id],
        "status": ["active", "suspended"],
        "cash_ceiling_idr": [2_000_000, 1_500_000],
    }


def test_saving_what_is_there_already_leaves_no_trace(
    session: Session, boss: User, visit: Any
) -> None:
    agent = make_agent(session)

    answer = change(visit(boss), agent)

    assert answer.status_code == 302
    changes = select(AuditEvent).where(AuditEvent.action == "agent.changed")
    assert session.scalars(changes).all() == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"supervisor": "elsewhere"}, "Pilih salah satu yang ada di daftar."),
        ({"supervisor": "closed"}, "Pilih salah satu yang ada di daftar."),
        ({"status": "raja"}, "Pilih salah satu yang ada di daftar."),
        ({"ceiling": ""}, "Wajib diisi."),
        ({"ceiling": "-5"}, "Tulis rupiah tanpa koma"),
    ],
)
def test_what_is_wrong_with_a_change_is_said_and_nothing_changes(
    session: Session, boss: User, visit: Any, changed: dict[str, str], sentence: str
) -> None:
    agent = make_agent(session)
    kept = (agent.supervisor_id, agent.status, agent.cash_ceiling_idr)
    people = {
        "elsewhere": make_agent(session).supervisor_id,
        "closed": make_user(
            session, RoleName.SUPERVISOR, office_id=agent.office_id, active=False
        ).id,
    }

    answer = change(
        visit(boss), agent, **{key: people.get(value, value) for key, value in changed.items()}
    )

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert (agent.supervisor_id, agent.status, agent.cash_ceiling_idr) == kept


def test_an_admin_of_one_office_changes_no_agent_of_another(session: Session, visit: Any) -> None:
    mine, other = make_agent(session), make_agent(session)
    admin = visit(make_user(session, RoleName.ADMIN, office_id=mine.office_id))

    listed = admin.get(PAGE).get_data(as_text=True)

    assert f">{mine.name}</a>" in listed
    assert f">{other.name}</a>" not in listed
    assert change(admin, other, status="left").status_code == 404
    assert other.status is AgentStatus.ACTIVE


@pytest.mark.made_up_books
@pytest.mark.parametrize("why", ["nobody", "closed"])
@time_machine.travel(AFTER_NOVEMBER)
def test_commission_that_nobody_can_decide_is_listed_until_somebody_can(
    session: Session, vault: Vault, boss: User, visit: Any, why: str
) -> None:
    agent, fine = make_agent(session), make_agent(session)
    for one in (agent, fine):
        portfolio(session, vault, one, 2)
    run(session)
    if why == "nobody":
        agent.supervisor = None
    else:
        assert agent.supervisor is not None
        agent.supervisor.active = False
    admin = visit(boss)

    before = admin.get(f"{PAGE}?tab=alone").get_data(as_text=True)
    heir = make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)
    change(admin, agent, supervisor=heir.id)
    after = admin.get(f"{PAGE}?tab=alone").get_data(as_text=True)
    statement = session.scalars(select(Statement).where(Statement.agent_id == agent.id)).one()
    visit(heir).submit(
        "/pembina/komisi/putuskan",
        ids=f"{statement.id}:{statement.lines_hash.hex()}",
        action="approve",
    )

    assert (
        "1 laporan komisi (Rp5.544) menunggu, tetapi tidak ada yang dapat memutuskannya" in before
    )
    assert re.findall(r">(Agen \d+)</a>", before) == [agent.name]
    assert "tidak ada yang dapat memutuskannya" not in after
    assert re.findall(r">(Agen \d+)</a>", after) == []
    assert statement.state is StatementState.APPROVED


def test_agents_are_found_by_name_and_code_and_listed_in_pages(
    session: Session, boss: User, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    for number in range(5):
        make_agent(session, name=f"Sari {number}", code=f"SR-{number}")
    make_agent(session, name="Joko", code="JK-1")
    admin = visit(boss)

    seen, path = [], f"{PAGE}?q=sari"
    while path:
        page = admin.get(path).get_data(as_text=True)
        seen += re.findall(r">(Sari \d|Joko)</a>", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert seen == [f"Sari {number}" for number in range(5)]
    assert "Joko" in admin.get(f"{PAGE}?q=jk-1").get_data(as_text=True)
