"""Who made the proposer's account does not approve the proposal in the first days."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.changes.models import ChangeState
from agentsys.crypto import Vault
from agentsys.people import second_person
from agentsys.people.models import AccessChangeKind, RoleName
from tests.changes.steps import approved, proposed
from tests.factories import make_agent, make_user, make_worker


def test_a_proposal_waits_for_somebody_else_than_the_admin_who_made_the_proposer(
    session: Session, vault: Vault, visit: Any
) -> None:
    worker = make_worker(session, vault, agent=make_agent(session))
    clerk, boss, other = (
        make_user(session, RoleName.FINANCE, office_id=worker.office_id) for _ in range(3)
    )
    kind = AccessChangeKind.MADE
    second_person.record_change(session, user_id=clerk.id, kind=kind, actor_id=boss.id)
    proposal = proposed(session, vault, worker, clerk, name="Siti Aminah")

    with pytest.raises(second_person.NotYet):
        approved(session, vault, proposal, boss)
    page = visit(boss).get(f"/kantor/pekerja/perubahan/{proposal.id}").get_data(as_text=True)
    assert "tidak menjadi orang kedua satu sama lain" in re.sub(r"\s+", " ", page)
    assert 'value="approve"' not in page

    approved(session, vault, proposal, other)
    assert proposal.state is ChangeState.APPROVED
