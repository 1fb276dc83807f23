"""News for the agent, above the list of workers."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.web.texts import rp
from agentsys.work import news
from agentsys.work.news import News


def new_for_agent(session: Session) -> list[dict[str, Any]]:
    """Returned deposits, contributions that are held back, and statements that came back."""
    return [_row(item) for item in news.new_for_agent(session, current_user)]


def _row(item: News) -> dict[str, Any]:
    icon, title, url = {
        "deposit.returned": (
            "undo-2",
            _("Setoran %(sum)s dikembalikan", sum=rp(item.amount_idr or 0)),
            url_for("agent.cash"),
        ),
        "contribution.held": (
            "ban",
            _("Iuran %(name)s ditahan keuangan", name=item.worker),
            url_for("agent.today", q=item.worker),
        ),
        "statement.returned": (
            "calculator",
            _("Rekap komisi dihitung ulang"),
            url_for("agent.commission"),
        ),
    }[item.kind.key]
    return {"icon": icon, "title": title, "about": item.about, "since": item.since, "url": url}
