"""What people decide about members of a living office: hand-overs, changes, consent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.changes import deciding, proposing
from agentsys.changes.fields import MONEY
from agentsys.changes.plain import change
from agentsys.changes.queries import current
from agentsys.data_rights import requests
from agentsys.data_rights.models import DataRequestKind
from agentsys.errors import Refused
from agentsys.handovers import consent, planned, planning
from agentsys.handovers.planning import Chosen, Division
from agentsys.handovers.undoing import undo
from agentsys.months import add_months
from agentsys.workers.models import Worker
from tests.factories import invented_nik
from tests.handovers.steps import picture
from tests.memberships.life import LivingOffice, next_number


def hand_over(office: LivingOffice, worker_id: int | None, giving: int, later: int) -> int:
    """One worker or all of an agent go to the other agent; the hand-over, 0 if it was refused."""
    made = 0
    chosen = Chosen(worker_ids=[worker_id]) if worker_id else Chosen()
    with office.unless_refused():
        drafted = planning.draft(
            office.session,
            from_agent_id=office.agents[giving].id,
            chosen=chosen,
            to_agent_ids=[office.agents[1 - giving].id],
            division=Division.EQUAL,
            from_month=add_months(clock.this_month(), later),
            reason="Wilayah dibagi",
            actor_id=office.leader.id,
        )
        consent.propose(office.session, handover_id=drafted.id, actor_id=office.leader.id)
        consent.accept(office.session, handover_id=drafted.id, actor_id=office.other_leader.id)
        made = drafted.id
    return made


def hand_over_and_undo(office: LivingOffice, giving: int) -> None:
    """A mistake that is seen at once: everything is as it was, to the row."""
    before = picture(office.session)
    made = hand_over(office, None, giving, 0)
    if made:
        undo(office.session, handover_id=made, reason="Salah", actor_id=office.leader.id)
        assert picture(office.session) == before


def undo_later(office: LivingOffice, handover_id: int) -> None:
    """A hand-over is undone after other things happened, unless that is refused."""
    with office.unless_refused():
        undo(office.session, handover_id=handover_id, reason="Salah", actor_id=office.leader.id)


def carry_out_planned(session: Session) -> None:
    """The job carries out the planned hand-overs whose month has come."""
    for handover_id in planned.due(session):
        nested = session.begin_nested()
        try:
            planned.carry_out_due(session, handover_id=handover_id)
        except Refused:
            nested.rollback()
        else:
            nested.commit()


def change_by_two(
    office: LivingOffice, worker_id: int, values: Mapping[str, str], since: date
) -> None:
    """One proposes, another approves; open months from then on have the price of the tariff."""
    session = office.session
    with office.unless_refused():
        wanted = proposing.consider(
            session, vault=office.vault, worker_id=worker_id, values=values, from_month=since
        )
        proposal = proposing.propose(
            session,
            vault=office.vault,
            worker_id=worker_id,
            values=values,
            from_month=since,
            seen=wanted.effect.version,
            reason="Sesuai KTP",
            actor_id=office.clerk.id,
        )
        deciding.approve(
            session,
            vault=office.vault,
            change_id=proposal.id,
            seen=deciding.effect_of_change(session, proposal.id).version,
            actor_id=office.second.id,
        )
        if set(values) & set(MONEY):
            for month in [m for who, m in office.prices if who == worker_id and m >= since]:
                del office.prices[worker_id, month]


def correct_nik(office: LivingOffice, worker_id: int) -> None:
    """A mistyped NIK is corrected by two; the same person keeps months and agent."""
    before = picture(office.session)
    change_by_two(office, worker_id, {"nik": invented_nik(next_number())}, clock.this_month())
    assert picture(office.session) == before


def change_phone(office: LivingOffice, worker_id: int, number: int) -> None:
    """The phone number is changed at once; nothing else is."""
    session = office.session
    before = picture(session)
    with office.unless_refused():
        change(
            session,
            vault=office.vault,
            worker_id=worker_id,
            values={"phone": f"0812{number:08d}"},
            version=current(session, worker_id=worker_id).version,
            reason="Nomor baru",
            actor_id=office.clerk.id,
        )
    assert picture(session) == before


def withdraw_consent(office: LivingOffice, worker_id: int) -> None:
    """The worker withdraws the consent, which ends the membership."""
    with office.unless_refused():
        asked = requests.ask(
            office.session,
            worker_id=worker_id,
            kind=DataRequestKind.WITHDRAWAL,
            asked_how="Datang sendiri",
            actor_id=office.clerk.id,
        )
        requests.done(
            office.session,
            vault=office.vault,
            request_id=asked.id,
            note="Diberi tahu",
            actor_id=office.second.id,
        )


def agent_of(office: LivingOffice, worker_id: int) -> int | None:
    """Which of the two agents has the worker; a record that was merged has none."""
    agent_id = office.session.scalar(select(Worker.agent_id).where(Worker.id == worker_id))
    ids = [agent.id for agent in office.agents]
    return ids.index(agent_id) if agent_id is not None else None
