"""The lines of a bank beside a decision that needs a second person: evidence, and no decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.people.permissions import Permission
from agentsys.statements import proposals
from agentsys.statements.models import ThingKind
from agentsys.statements.proposals import Seen


def shown_by_bank(
    session: Session, kind: ThingKind, thing_ids: Collection[int]
) -> Mapping[int, Seen]:
    """The lines that show these records, for who may read statements; none for others."""
    if not current_user.can(Permission.BANK_STATEMENT_READ):
        return {}
    return proposals.seen_lines(session, kind, thing_ids)
