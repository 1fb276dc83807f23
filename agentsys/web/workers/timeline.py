"""What happened to a worker, as the audit trail recorded it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agentsys.audit import queries
from agentsys.people.queries import names_of
from agentsys.web.workers.words import told

_SHOWN = 100


def timeline(session: Session, worker_id: int) -> list[dict[str, Any]]:
    """The newest events of the audit trail about a worker: when, what, who."""
    events = queries.about(session, f"worker:{worker_id}", limit=_SHOWN)
    names = names_of(session, {event.actor_id for event in events})
    return [
        {
            "at": event.at,
            "text": told(event.action, event.details),
            "who": names.get(event.actor_id or 0, "") or _("sistem"),
            "icon": "",
        }
        for event in events
    ]
