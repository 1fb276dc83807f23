"""Open work about members: registration at BPJS, months paid elsewhere, and claims."""

from __future__ import annotations

from sqlalchemy import case, exists, func, select

from agentsys.benefits.models import Claim, ClaimState
from agentsys.contributions.earlier_models import EarlierPeriod, EarlierState
from agentsys.duplicates.merge_models import MergeState, WorkerMerge
from agentsys.duplicates.models import DuplicatePair, PairState
from agentsys.people.models import Agent, Office
from agentsys.work.columns import waiting
from agentsys.workers.kinds import Registration
from agentsys.workers.models import Enrolment, Worker

_retracting = EarlierPeriod.state == EarlierState.RETRACTING
EARLIER = (
    waiting(
        case((_retracting, "earlier.retracting"), else_="earlier.proposed"),
        EarlierPeriod.id,
        since=func.coalesce(EarlierPeriod.retracted_at, EarlierPeriod.proposed_at),
        office_id=EarlierPeriod.office_id,
        agent_id=Worker.agent_id,
        worker_id=EarlierPeriod.worker_id,
        about=EarlierPeriod.evidence,
        not_by=case((_retracting, EarlierPeriod.retracted_by), else_=EarlierPeriod.proposed_by),
        nor_by=select(Agent.user_id).where(Agent.id == Worker.agent_id).scalar_subquery(),
    )
    .select_from(EarlierPeriod)
    .join(Worker, Worker.id == EarlierPeriod.worker_id)
    .where(EarlierPeriod.state.in_((EarlierState.PROPOSED, EarlierState.RETRACTING)))
)

_member = exists().where(Enrolment.worker_id == Worker.id, Enrolment.until_month.is_(None))
# One item for each office: a list may add a hundred thousand workers at once.
_to_register = (
    select(Worker.created_at)
    .where(
        Worker.office_id == Office.id,
        Worker.registration != Registration.REGISTERED,
        Worker.registration == Registration.WAITING,
        _member,
    )
    .order_by(Worker.id)
    .correlate(Office)
    .limit(1)
    .lateral("to_register")
)
TO_REGISTER = (
    waiting("registration.waiting", Office.id, since=_to_register.c.created_at, office_id=Office.id)
    .select_from(Office)
    .join(_to_register, _to_register.c.created_at.is_not(None))
)

REFUSED = waiting(
    "registration.refused",
    Worker.id,
    since=func.coalesce(Worker.refused_at, Worker.updated_at),
    office_id=Worker.office_id,
    agent_id=Worker.agent_id,
    worker_id=Worker.id,
    about=Worker.registration_note,
).where(
    Worker.registration != Registration.REGISTERED,
    Worker.registration == Registration.REFUSED,
    _member,
)

CLAIMS = (
    waiting(
        "claim.open",
        Claim.id,
        since=Claim.opened_at,
        office_id=Claim.office_id,
        agent_id=Worker.agent_id,
        worker_id=Claim.worker_id,
    )
    .select_from(Claim)
    .join(Worker, Worker.id == Claim.worker_id)
    .where(Claim.state.in_((ClaimState.REPORTED, ClaimState.PAPERS)))
)

# One item for each office: a list may bring hundreds of pairs at once. A pair of two offices has
# none; the pages of both offices show it.
_pair = (
    select(DuplicatePair.found_at)
    .where(DuplicatePair.office_id == Office.id, DuplicatePair.state == PairState.OPEN)
    .order_by(DuplicatePair.id)
    .correlate(Office)
    .limit(1)
    .lateral("pair")
)
PAIRS = (
    waiting("pair.open", Office.id, since=_pair.c.found_at, office_id=Office.id)
    .select_from(Office)
    .join(_pair, _pair.c.found_at.is_not(None))
)

MERGES = (
    waiting(
        "merge.proposed",
        WorkerMerge.id,
        since=WorkerMerge.proposed_at,
        office_id=WorkerMerge.office_id,
        agent_id=Worker.agent_id,
        worker_id=WorkerMerge.kept_id,
        about=WorkerMerge.reason,
        not_by=WorkerMerge.proposed_by,
        nor_by=select(Agent.user_id).where(Agent.id == Worker.agent_id).scalar_subquery(),
    )
    .join(Worker, Worker.id == WorkerMerge.kept_id)
    .where(WorkerMerge.state == MergeState.PROPOSED)
)
