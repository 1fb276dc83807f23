"""What the agent earned, and why."""

from __future__ import annotations

from typing import Any

import structlog
from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis, rule_check, statements
from agentsys.commissions.lines import items_of
from agentsys.commissions.models import Statement
from agentsys.contributions import collected
from agentsys.db import db
from agentsys.extension.contract import Beneficiary
from agentsys.people import scope
from agentsys.people.models import Agent
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.responses import after_id
from agentsys.web.texts import month_short, sentence

LINES = 100

log = structlog.get_logger("agentsys.commissions")


@agent.get("/komisi")
@needs(Permission.OWN_COMMISSION_READ)
def commission() -> str:
    """The statements, newest first, and what this month's confirmations are worth so far."""
    session = db.session()
    mine = scope.own_agent(session, current_user)
    found = statements.newest(session, current_user, to=Permission.OWN_COMMISSION_READ)
    confirmed, _sum = basis.size(session, agent_id=mine.id, month=clock.this_month())
    waiting = collected.count_unconfirmed(session, agent_id=mine.id)
    running = _running(session, mine)
    return render_template(
        "agent/commission.html",
        month=clock.this_month(),
        running={"gross_idr": running, "confirmed_count": confirmed, "waiting_count": waiting},
        needed=rule_check.new_workers_needed(
            runtime().registry.commission_lines, clock.this_month()
        ),
        newcomers=basis.newcomers(session, agent_id=mine.id, month=clock.this_month()),
        chart=[(month_short(s.month)[:3], round(s.agent_idr / 1_000)) for s in reversed(found[:6])],
        statements=[_card(s) for s in found],
    )


@agent.get("/komisi/<int:statement_id>")
@needs(Permission.OWN_COMMISSION_READ)
def statement(statement_id: int) -> str:
    """One statement: every rupiah and its reason."""
    session = db.session()
    found = statements.statement(
        session, current_user, statement_id, to=Permission.OWN_COMMISSION_READ
    )
    return render_template(
        "agent/statement.html",
        statement=_card(found),
        events=events_of(session, found),
        **lines_of(session, found.id, beneficiary=Beneficiary.AGENT),
    )


def lines_of(
    session: Session, statement_id: int, *, beneficiary: Beneficiary | None = None
) -> dict[str, Any]:
    """One page of a statement's lines, their reasons as sentences, and where it goes on."""
    found = statements.explained_lines(
        session,
        statement_id=statement_id,
        beneficiary=beneficiary,
        after=after_id() or 0,
        limit=LINES + 1,
    )
    more = len(found) > LINES
    found = found[:LINES]
    return {
        "lines": [
            {
                "worker_name": line.worker_name or _("Satu bulan"),
                "month": line.month,
                "rule_label": line.version,
                "sentence": sentence(line.reason),
                "amount_idr": line.amount_idr,
                "office": line.beneficiary is Beneficiary.OFFICE,
            }
            for line in found
        ],
        "lines_next": url_for(str(request.endpoint), statement_id=statement_id, after=found[-1].id)
        if more
        else "",
    }


def events_of(session: Session, found: Statement) -> list[dict[str, Any]]:
    """What became of a statement and who decided, newest first."""
    words = {"commission.approved": _("Disetujui"), "commission.returned": _("Dikembalikan")}
    decided = [
        {
            "at": decision.at,
            "text": words.get(decision.action, decision.action),
            "who": decision.who,
            "icon": "circle-check",
        }
        for decision in statements.decisions_on(session, statement_id=found.id)
    ]
    return [
        *decided,
        {"at": found.computed_at, "text": _("Dihitung"), "who": "", "icon": "calculator"},
    ]


def _running(session: Session, mine: Agent) -> int | None:
    """What this month's confirmations are worth so far; None while a rule is wrong."""
    so_far = basis.agent_month(session, agent=mine, month=clock.this_month())
    try:
        items = items_of(runtime().registry.commission_lines(so_far), so_far)
    except Exception:
        # A rule may be anybody's: its fault must not hide the statements that were made before.
        log.exception("this month's commission stopped", agent_id=mine.id)
        return None
    return sum(item.amount_idr for item in items if item.beneficiary is Beneficiary.AGENT)


def _card(found: Statement) -> dict[str, Any]:
    return {
        "id": found.id,
        "month": found.month,
        "state": found.state.value,
        "gross_idr": found.agent_idr,
        "note": found.reason,
    }
