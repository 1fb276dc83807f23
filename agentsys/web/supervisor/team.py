"""The agents, and the cash that they hold."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.payments import custody
from agentsys.people import scope
from agentsys.people.models import Agent
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import num, rp
from agentsys.workers.models import Worker


@supervisor.get("/tim", endpoint="team")
@needs(Permission.TEAM_READ)
def page() -> str:
    """Every agent in scope, the largest exposure first."""
    session = db.session()
    agents = session.scalars(
        select(Agent).where(scope.agents(current_user)).order_by(Agent.name)
    ).all()
    rows = agent_rows(session, agents)
    rows.sort(key=lambda row: (-row["held_idr"] / max(row["ceiling_idr"], 1), row["name"]))
    over = sum(row["level"] == "over" for row in rows)
    return render_template(
        "supervisor/team.html",
        kpis=[
            {"label": pgettext("jumlah", "Agen"), "value": num(len(rows)), "sub": "", "tone": ""},
            {
                "label": _("Titipan di tangan agen"),
                "value": rp(sum(r["held_idr"] for r in rows)),
                "sub": "",
                "tone": "",
            },
            {
                "label": _("Melewati batas"),
                "value": num(over),
                "sub": "",
                "tone": "bad" if over else "",
            },
            {
                "label": _("Terkumpul bulan ini"),
                "value": rp(sum(r["collected_idr"] for r in rows)),
                "sub": _("dari %(sum)s", sum=rp(sum(r["target_idr"] for r in rows))),
                "tone": "",
            },
        ],
        agents=rows,
    )


def agent_rows(session: Session, agents: Any) -> list[dict[str, Any]]:
    """Agents with their workers, collections of this month, and cash; three statements in all."""
    ids = [agent.id for agent in agents]
    workers: dict[int | None, int] = {
        agent_id: int(count)
        for agent_id, count in session.execute(
            select(Worker.agent_id, func.count())
            .where(Worker.agent_id.in_(ids))
            .group_by(Worker.agent_id)
        )
    }
    sums = {
        agent_id: (int(collected), int(total))
        for agent_id, collected, total in session.execute(
            select(
                Contribution.agent_id,
                func.coalesce(
                    func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None)),
                    0,
                ),
                func.sum(Contribution.amount_idr),
            )
            .where(Contribution.agent_id.in_(ids), Contribution.month == clock.this_month())
            .group_by(Contribution.agent_id)
        )
    }
    exposures = custody.cash_exposure(session, ids)
    now = clock.now()
    rows = []
    for agent in agents:
        exposure = exposures[agent.id]
        days = (now - exposure.oldest_at).days if exposure.oldest_at else None
        collected, target = sums.get(agent.id, (0, 0))
        rows.append(
            {
                "id": agent.id,
                "name": agent.name,
                "area": agent.area,
                "code": agent.code,
                "status": agent.status.value,
                "workers": workers.get(agent.id, 0),
                "collected_idr": collected,
                "target_idr": target,
                "held_idr": exposure.held_idr,
                "ceiling_idr": agent.cash_ceiling_idr,
                "level": exposure.level,
                "oldest_days": days,
                "flag": _flag(days),
            }
        )
    return rows


def _flag(days: int | None) -> dict[str, str] | None:
    """A remark about cash that an agent has held for too long."""
    if days is None or days < 2:
        return None
    return {"text": ngettext("Tertua %(num)d hari", "Tertua %(num)d hari", days), "tone": "warn"}
