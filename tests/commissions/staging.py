"""Rules of stages that are in force."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from agentsys.commissions.approving.models import StageBy, StageRule, StageRuleState
from agentsys.people.models import RoleName
from tests.factories import make_user

TODAY = date(2026, 11, 22)


def rule(session: Session, office_id: int | None, **changed: Any) -> StageRule:
    """A rule in force today: a second approval by finance for every sum, unless changed."""
    proposer, second = (make_user(session, RoleName.ADMIN) for _ in range(2))
    for admin in (proposer, second):
        admin.office_id = None
    values: dict[str, Any] = {
        "office_id": office_id,
        "valid_from": TODAY,
        "second_from_idr": 0,
        "second_by": StageBy.SECOND,
        "basis": "SK kantor",
        "state": StageRuleState.APPROVED,
        "proposed_by": proposer.id,
        "decided_by": second.id,
        "decided_at": datetime(2026, 11, 1, tzinfo=UTC),
    }
    made = StageRule(**(values | changed))
    session.add(made)
    session.flush()
    return made
