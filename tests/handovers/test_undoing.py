"""A hand-over is undone exactly, as long as no new agent was paid."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.contributions.billing import ensure_billed
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.handovers.models import HandoverState
from agentsys.handovers.planning import Chosen
from agentsys.handovers.undoing import undo
from agentsys.ledger import invariants
from tests.factories import make_agent, make_worker
from tests.handovers.steps import DECEMBER, OCTOBER, Two, picture
from tests.memberships.steps import take_cash


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of one office and a worker."""
    return Two.build(session, vault)


def test_undoing_restores_everything(session: Session, two: Two) -> None:
    make_worker(session, two.vault, agent=two.old, enrolled_from=DECEMBER)
    make_worker(session, two.vault, agent=two.old)
    take_cash(session, two.worker, [OCTOBER])
    third = make_agent(session, office_id=two.old.office_id)
    before = picture(session)
    made = two.hand_over(to=[two.new, third])
    assert picture(session) != before

    undone = undo(session, handover_id=made.id, reason="Salah agen", actor_id=two.actor.id)

    assert undone.state is HandoverState.UNDONE
    assert picture(session) == before
    assert invariants.check(session) == []


def test_two_hand_overs_of_one_month_are_undone_in_turn(session: Session, two: Two) -> None:
    before = picture(session)
    first = two.hand_over()
    between = picture(session)
    third = make_agent(session, office_id=two.old.office_id)
    old, two.old = two.old, two.new
    second = two.hand_over(to=[third])
    two.old = old

    with pytest.raises(Conflict, match="pindah lagi"):
        undo(session, handover_id=first.id, reason="Salah", actor_id=two.actor.id)
    undo(session, handover_id=second.id, reason="Salah", actor_id=two.actor.id)
    assert picture(session) == between
    undo(session, handover_id=first.id, reason="Salah", actor_id=two.actor.id)
    assert picture(session) == before


def test_it_is_not_undone_once_a_new_agent_was_paid(session: Session, two: Two) -> None:
    made = two.hand_over()
    take_cash(session, two.worker, [OCTOBER])
    before = picture(session)

    with pytest.raises(Conflict, match="sudah membayar"):
        undo(session, handover_id=made.id, reason="Salah", actor_id=two.actor.id)

    assert picture(session) == before


def test_what_the_new_agent_was_paid_long_before_does_not_matter(
    session: Session, two: Two
) -> None:
    take_cash(session, two.worker, [OCTOBER])
    first = two.hand_over()
    two.old, two.new = two.new, two.old
    back = two.hand_over()

    undo(session, handover_id=back.id, reason="Salah", actor_id=two.actor.id)
    undo(session, handover_id=first.id, reason="Salah", actor_id=two.actor.id)

    assert two.worker.agent_id == two.new.id


def test_months_billed_since_go_back_too(session: Session, two: Two) -> None:
    made = two.hand_over()
    ensure_billed(session, worker_id=two.worker.id, months=[DECEMBER])

    undo(session, handover_id=made.id, reason="Salah", actor_id=two.actor.id)

    assert {row[3] for row in picture(session) if row[0] == "c"} == {two.old.id}


def test_undoing_needs_a_reason_and_happens_once(session: Session, two: Two) -> None:
    made = two.hand_over(chosen=Chosen(worker_ids=[two.worker.id]))

    with pytest.raises(Invalid):
        undo(session, handover_id=made.id, reason=" ", actor_id=two.actor.id)
    undo(session, handover_id=made.id, reason="Salah", actor_id=two.actor.id)
    with pytest.raises(Conflict):
        undo(session, handover_id=made.id, reason="Salah", actor_id=two.actor.id)
