"""What waits for the supervisor, most urgent first."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement, StatementState
from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.months import add_months
from agentsys.payments.models import Deposit, DepositState
from agentsys.people import scope
from agentsys.people.models import Agent
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.team import agent_rows
from agentsys.web.texts import month_short, num, rp
from agentsys.workers.models import Roster, RosterStatus


@supervisor.get("/", endpoint="inbox")
@needs(Permission.TEAM_READ)
def page() -> str:
    """Figures of the month, and the tasks."""
    session = db.session()
    agents = session.scalars(
        select(Agent).where(scope.agents(current_user)).order_by(Agent.name)
    ).all()
    rows = agent_rows(session, agents)
    waiting = _count(session, Statement, Statement.state == StatementState.SUBMITTED)
    over = [row for row in rows if row["level"] == "over"]
    collected = sum(row["collected_idr"] for row in rows)
    target = sum(row["target_idr"] for row in rows)
    return render_template(
        "supervisor/inbox.html",
        month=clock.this_month(),
        kpis=[
            {
                "label": _("Terkumpul bulan ini"),
                "value": rp(collected),
                "sub": _(
                    "%(p)s%% dari tagihan", p=round(100 * collected / target) if target else 0
                ),
                "tone": "",
            },
            {
                "label": pgettext("jumlah", "Pekerja"),
                "value": num(sum(row["workers"] for row in rows)),
                "sub": "",
                "tone": "",
            },
            {
                "label": _("Titipan di tangan agen"),
                "value": rp(sum(r["held_idr"] for r in rows)),
                "sub": "",
                "tone": "bad" if over else "",
            },
            {"label": _("Komisi menunggu"), "value": num(waiting), "sub": "", "tone": ""},
        ],
        tasks=_tasks(session, waiting, over),
        chart=_collected_by_month(session),
        chart_unit=_("Rp juta"),
    )


def _tasks(session: Session, waiting: int, over: list[dict[str, Any]]) -> list[dict[str, Any]]:
    deposits = _count(session, Deposit, Deposit.state == DepositState.DECLARED)
    failed = _count(session, Roster, Roster.status == RosterStatus.FAILED)
    tasks = [
        {
            "icon": "octagon-alert",
            "tone": "bad",
            "title": _("Titipan melewati batas"),
            "note": ", ".join(row["name"] for row in over[:3]),
            "url": url_for("supervisor.team"),
            "count": len(over),
        },
        {
            "icon": "badge-check",
            "tone": "warn",
            "title": _("Komisi menunggu persetujuan"),
            "note": _("Yang perlu perhatian ada di atas"),
            "url": url_for("supervisor.commissions"),
            "count": waiting,
        },
        {
            "icon": "hand-coins",
            "tone": "",
            "title": _("Setoran menunggu keuangan"),
            "note": _("Keuangan menghitung dan mengonfirmasi"),
            "url": url_for("supervisor.team"),
            "count": deposits,
        },
        {
            "icon": "file-x",
            "tone": "bad",
            "title": _("Daftar pekerja gagal dibaca"),
            "note": _("Buka untuk melihat alasannya"),
            "url": url_for("supervisor.rosters"),
            "count": failed,
        },
    ]
    return [task for task in tasks if task["count"]]


def _count(session: Session, model: Any, *conditions: Any) -> int:
    mine = scope.of_agent(current_user, model.agent_id, model.office_id)
    return int(
        session.scalar(select(func.count()).select_from(model).where(mine, *conditions)) or 0
    )


def _collected_by_month(session: Session) -> list[tuple[str, float]]:
    first = add_months(clock.this_month(), -5)
    rows = session.execute(
        select(Contribution.month, func.sum(Contribution.amount_idr))
        .where(
            scope.of_agent(current_user, Contribution.agent_id, Contribution.office_id),
            Contribution.payment_id.is_not(None),
            Contribution.month.between(first, clock.this_month()),
        )
        .group_by(Contribution.month)
        .order_by(Contribution.month)
    )
    return [(month_short(month)[:3], round(float(total) / 1_000_000, 1)) for month, total in rows]
