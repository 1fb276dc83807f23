"""Rules of stages: one person proposes, another releases; they rise and begin in the future."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.commissions.approving import rules, stages
from agentsys.commissions.approving.models import StageBy
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.people.models import Agent, RoleName, User
from tests.commissions.staging import TODAY
from tests.factories import make_user


@pytest.fixture
def finance(session: Session, agent: Agent) -> User:
    """Somebody in finance of the office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


@pytest.fixture
def admin(session: Session, agent: Agent) -> User:
    """An admin of the office."""
    return make_user(session, RoleName.ADMIN, office_id=agent.office_id)


WANTED = rules.Wanted(
    valid_from=TODAY,
    second_from_idr=5_000_000,
    second_by=StageBy.SECOND,
    third_from_idr=None,
    third_by=StageBy.LAST,
    basis="SK kantor 12",
)


def test_a_rule_is_released_by_a_second_person_only(
    session: Session, agent: Agent, finance: User, admin: User
) -> None:
    proposed = rules.propose(session, office_id=agent.office_id, wanted=WANTED, actor_id=finance.id)
    assert stages.rule_on(session, office_id=agent.office_id, day=TODAY) is None
    values: dict[str, Any] = {"rule_id": proposed.id, "action": rules.StageRuleAction.APPROVE}

    with pytest.raises(Forbidden, match="orang kedua"):
        rules.decide_rule(session, **values, actor_id=finance.id)
    rules.decide_rule(session, **values, actor_id=admin.id)

    assert stages.rule_on(session, office_id=agent.office_id, day=TODAY) is proposed
    with pytest.raises(Conflict):
        rules.decide_rule(session, **values, actor_id=admin.id)


def test_a_rule_of_yesterday_or_with_falling_sums_is_refused(
    session: Session, agent: Agent, finance: User
) -> None:
    wrong = (
        {"valid_from": TODAY - timedelta(days=1)},
        {"third_from_idr": 1_000_000},
        {"second_from_idr": None, "third_from_idr": 1},
        {"basis": "  "},
    )
    for changed in wrong:
        with pytest.raises(Invalid):
            rules.propose(
                session,
                office_id=agent.office_id,
                wanted=rules.Wanted(**{**WANTED.__dict__, **changed}),
                actor_id=finance.id,
            )
