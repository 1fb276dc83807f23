"""To whom a waiting commission statement is shown next, and from when on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.approving.models import StageBy
from agentsys.people.models import Role, User
from agentsys.people.permissions import roles_with
from agentsys.work import escalation
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import WorkAssignment

NAMED = 5
_WAITS_AS = {
    None: "statement.submitted",
    StageBy.SECOND: "statement.second",
    StageBy.LAST: "statement.last",
}


@dataclass(frozen=True, kw_only=True)
class NextOne:
    """Who sees a statement too if it waits longer, and when that begins."""

    names: Sequence[str]
    at: datetime

    @property
    def is_shown(self) -> bool:
        """Whether they see it already."""
        return self.at < clock.now()


def of_statement(
    session: Session, *, statement_id: int, office_id: int, by: StageBy | None, since: datetime
) -> NextOne:
    """The next ones of a statement that waits for this stage since then."""
    kind = BY_KEY[_WAITS_AS[by]]
    agreed = session.scalar(
        select(WorkAssignment.due_at).where(
            WorkAssignment.kind == kind.key, WorkAssignment.subject == str(statement_id)
        )
    )
    due = agreed or since + timedelta(days=kind.days)
    names = session.scalars(
        select(User.name)
        .where(
            User.active,
            or_(User.office_id == office_id, User.office_id.is_(None)),
            User.roles.any(Role.name.in_(roles_with(kind.escalates_to))),
        )
        # Those of the office go before those of all offices.
        .order_by(User.office_id.is_(None), User.name, User.id)
        .limit(NAMED)
    ).all()
    return NextOne(names=names, at=due + timedelta(days=escalation.days(session)[kind.key]))
