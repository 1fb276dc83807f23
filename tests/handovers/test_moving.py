"""Workers move to other agents with their open months; what was paid stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.contributions.billing import bill_month, ensure_billed
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.handovers import planning
from agentsys.handovers.models import HandoverState, HandoverWorker
from agentsys.handovers.planning import Chosen, Division
from agentsys.ledger import invariants
from agentsys.months import add_months
from agentsys.payments.lifecycle import apply_report
from agentsys.people.models import AgentStatus
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.handovers.steps import DECEMBER, NOVEMBER, OCTOBER, Two, periods, picture
from tests.memberships.steps import take_cash
from tests.payments.races import settled
from tests.payments.world import PRICE, World


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of one office and a worker."""
    return Two.build(session, vault)


def agents_of_months(session: Session, worker: Worker) -> dict[object, int | None]:
    """The agent of each month of a worker."""
    rows = session.execute(
        select(Contribution.month, Contribution.agent_id)
        .where(Contribution.worker_id == worker.id)
        .order_by(Contribution.month)
    )
    return {month: agent for month, agent in rows}


def test_a_draft_moves_nothing(session: Session, two: Two) -> None:
    before = picture(session)

    two.draft()

    assert picture(session) == before


def test_open_months_follow_and_what_was_paid_stays(session: Session, two: Two) -> None:
    take_cash(session, two.worker, [OCTOBER])

    made = two.hand_over()

    assert made.state is HandoverState.DONE
    assert two.worker.agent_id == two.new.id
    assert periods(session, two.worker) == [
        (two.old.id, OCTOBER, NOVEMBER),
        (two.new.id, NOVEMBER, None),
    ]
    assert agents_of_months(session, two.worker) == {OCTOBER: two.old.id, NOVEMBER: two.new.id}
    assert invariants.check(session) == []


def test_months_billed_later_belong_to_the_new_agent_also_older_ones(
    session: Session, two: Two
) -> None:
    older = make_worker(session, two.vault, agent=two.old, enrolled_from=add_months(OCTOBER, -3))
    two.hand_over()

    ensure_billed(session, worker_id=older.id, months=[add_months(OCTOBER, -2)])
    bill_month(session, month=DECEMBER, actor_id=None)

    assert agents_of_months(session, older) == {
        add_months(OCTOBER, -2): two.new.id,
        DECEMBER: two.new.id,
    }
    assert agents_of_months(session, two.worker)[DECEMBER] == two.new.id


def test_a_membership_that_has_not_begun_gets_the_new_agent_from_its_beginning(
    session: Session, two: Two
) -> None:
    later = make_worker(session, two.vault, agent=two.old, enrolled_from=DECEMBER)

    two.hand_over()

    assert periods(session, later) == [(two.new.id, DECEMBER, None)]
    assert invariants.check(session) == []


def test_a_portfolio_is_divided_in_equal_numbers(session: Session, two: Two) -> None:
    for number in range(6):
        make_worker(session, two.vault, agent=two.old, kelurahan=f"K{number % 2}")
    third = make_agent(session, office_id=two.old.office_id)

    made = two.hand_over(to=[two.new, third])

    assert made.workers == 7
    counts = [
        session.query(Worker).filter_by(agent_id=agent.id).count()
        for agent in (two.old, two.new, third)
    ]
    assert counts == [0, 4, 3]


def test_a_kelurahan_goes_to_who_has_it_already(session: Session, two: Two) -> None:
    third = make_agent(session, office_id=two.old.office_id)
    make_worker(session, two.vault, agent=third, kelurahan="Guntung")
    for place in ("Guntung", "GUNTUNG", "Loktuan", "Loktuan", "Loktuan"):
        make_worker(session, two.vault, agent=two.old, kelurahan=place)

    made = two.hand_over(to=[two.new, third], division=Division.KELURAHAN)

    rows = session.execute(
        select(Worker.kelurahan, HandoverWorker.to_agent_id)
        .join(Worker, Worker.id == HandoverWorker.worker_id)
        .where(HandoverWorker.handover_id == made.id)
    ).all()
    of_place = {(place.lower(), agent) for place, agent in rows}
    assert of_place >= {("guntung", third.id), ("loktuan", two.new.id)}
    assert len(of_place) == 3  # the worker without a kelurahan, and no place twice


def test_a_selection_moves_only_the_chosen_ones(session: Session, two: Two) -> None:
    other = make_worker(session, two.vault, agent=two.old, kelurahan="Guntung")

    two.hand_over(chosen=Chosen(kelurahan=["guntung"]))
    assert (two.worker.agent_id, other.agent_id) == (two.old.id, two.new.id)

    two.hand_over(chosen=Chosen(worker_ids=[two.worker.id]))
    assert two.worker.agent_id == two.new.id


def test_each_worker_s_history_says_from_whom_to_whom_and_why(session: Session, two: Two) -> None:
    made = two.hand_over()

    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.assigned")).one()
    assert event.subject == f"worker:{two.worker.id}"
    assert event.actor_id == two.second.id
    assert event.details == {
        "handover": made.id,
        "from_agent_id": two.old.id,
        "agent_id": two.new.id,
        "from": "Rina Wati",
        "to": "Budi Santoso",
        "month": "2026-11-01",
        "reason": "Agen berhenti",
    }


def test_nothing_moves_if_a_worker_left_the_agent_since_the_draft(
    session: Session, two: Two
) -> None:
    make_worker(session, two.vault, agent=two.old)
    first = two.draft()
    two.hand_over(chosen=Chosen(worker_ids=[two.worker.id]))
    before = picture(session)

    with pytest.raises(Conflict, match="sudah tidak di agen ini"):
        two.carry_out(first)

    assert picture(session) == before


def test_a_hand_over_is_carried_out_once(session: Session, two: Two) -> None:
    made = two.hand_over()

    with pytest.raises(Conflict):
        two.carry_out(made.id)


def test_a_withdrawn_hand_over_is_not_carried_out(session: Session, two: Two) -> None:
    handover_id = two.draft()
    planning.withdraw(session, handover_id=handover_id, actor_id=two.actor.id)

    with pytest.raises(Conflict):
        two.carry_out(handover_id)


def test_nobody_hands_workers_to_himself(session: Session, two: Two) -> None:
    assert two.new.user is not None
    two.actor = two.new.user

    with pytest.raises(Refused, match="dibuat orang lain"):
        two.draft()


@pytest.mark.parametrize("status", [AgentStatus.SUSPENDED, AgentStatus.LEFT])
def test_only_active_agents_receive_workers(
    session: Session, two: Two, status: AgentStatus
) -> None:
    handover_id = two.draft()
    two.new.status = status

    with pytest.raises(Invalid, match="tidak aktif"):
        two.carry_out(handover_id)
    with pytest.raises(Invalid):
        two.draft()


@pytest.mark.parametrize("months", [-1, 4])
def test_only_near_months_can_be_chosen(two: Two, months: int) -> None:
    with pytest.raises(Invalid, match="Pilih bulan"):
        two.draft(from_month=add_months(NOVEMBER, months))


def test_a_month_whose_payment_is_refunded_later_is_open_with_the_new_agent(
    session: Session, vault: Vault
) -> None:
    world = World.build(session, vault)
    new = make_agent(session, office_id=world.office_id)
    boss, other = (make_user(session, office_id=world.office_id) for _ in range(2))
    two = Two(session, vault, world.agent, new, world.worker, boss, other)
    paid = world.ask()
    apply_report(session, report=settled(paid.reference), by="callback")
    two.hand_over()

    refunded = PaymentReport(
        reference=paid.reference, state=PaymentState.REFUNDED, amount_idr=PRICE
    )
    apply_report(session, report=refunded, by="callback")

    assert set(agents_of_months(session, two.worker).values()) == {new.id}
    assert invariants.check(session) == []


def test_a_worker_without_open_months_moves_too(session: Session, two: Two) -> None:
    idle = make_worker(session, two.vault, agent=two.old)
    make_contribution(session, idle, NOVEMBER)
    take_cash(session, idle, [NOVEMBER])

    two.hand_over(chosen=Chosen(worker_ids=[idle.id]))

    assert idle.agent_id == two.new.id
    assert agents_of_months(session, idle) == {NOVEMBER: two.old.id}
