"""Who changed what of one user or office, for the page of an admin."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from agentsys.audit.queries import about
from agentsys.db import db
from agentsys.people.queries import names_of
from agentsys.web import trail_words

MOST_CHANGES = 20
_NO_CHANGE = ("user.signed_in",)


def changes_of(subject: str) -> list[dict[str, Any]]:
    """The newest changes of a subject such as `user:7`, each with who made it."""
    found = about(db.session(), subject, limit=MOST_CHANGES)
    names = names_of(db.session(), {event.actor_id for event in found})
    return [
        {
            "at": event.at,
            "act": trail_words.act(event.action, event.details),
            "who": names.get(event.actor_id or 0, _("Sistem")),
            "facts": trail_words.facts(event.details),
        }
        for event in found
        if event.action not in _NO_CHANGE
    ]
