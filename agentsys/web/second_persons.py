"""Why the signed-in user may not yet be the second person of somebody, in words for a page."""

from __future__ import annotations

from collections.abc import Iterable

from flask_security import current_user

from agentsys.db import db
from agentsys.people import second_person
from agentsys.web.texts import sentence


def waits(first_ids: Iterable[int | None]) -> dict[int | None, str]:
    """A sentence for each of these people whose second person the user may not yet be."""
    found = second_person.reasons(
        db.session(), second_id=current_user.id, first_ids=list(first_ids)
    )
    return {user_id: sentence(reason) for user_id, reason in found.items()}


def wait_for(*first_ids: int | None) -> str:
    """The sentence for the first of them; empty if the user may decide."""
    return next(iter(waits(first_ids).values()), "")
