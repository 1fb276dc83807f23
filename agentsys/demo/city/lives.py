"""What happens in the life of an office, made by the real services, so that no list is empty.

Hand-overs, papers, changes, requests about personal data, heirs, claims, months paid elsewhere.
Sari's workers are left as they are: her screen shows the states of payments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.benefits import claims, heirs
from agentsys.benefits.claims import ClaimAction
from agentsys.benefits.models import Claim, ClaimKind, HeirRelation
from agentsys.changes import deciding, proposing
from agentsys.contributions.earlier_models import EarlierKind
from agentsys.crypto import Vault
from agentsys.data_rights import requests
from agentsys.data_rights.models import DataRequestKind
from agentsys.demo.city.staff import Collector, Staff
from agentsys.extension.contract import PaymentState
from agentsys.handovers import consent, planning
from agentsys.handovers.planning import Chosen, Division
from agentsys.memberships import earlier
from agentsys.memberships.earlier import EarlierAction
from agentsys.memberships.ending import end
from agentsys.months import add_months
from agentsys.papers.models import PaperKind
from agentsys.papers.recording import record_paper
from agentsys.payments.models import Payment
from agentsys.people.models import User
from agentsys.workers.kinds import EndReason, Funding
from agentsys.workers.models import Enrolment, Worker

_DEATH_IDR = 42_000_000  # JKM after three months of membership
_DEARER_IDR = 900_000  # a month
_NEEDED = 12  # workers, one for each event


@dataclass(frozen=True, kw_only=True)
class _Office:
    session: Session
    vault: Vault
    giver: Collector  # whose workers these are
    receiver: Collector
    leader: User  # the supervisor of the giver
    other: User  # the supervisor of the receiver
    clerk: User  # of finance
    workers: Iterator[int]  # each once


def play(session: Session, vault: Vault, *, staff: Staff) -> None:
    """Let all of this happen to workers of the main office's third agent."""
    _sari, receiver, giver, *_more = staff.of_office(staff.main_id)
    workers = _workers(session, giver)
    if len(workers) < _NEEDED:
        return  # a city of one month, where nobody has been a member for long
    office = _Office(
        session=session,
        vault=vault,
        giver=giver,
        receiver=receiver,
        leader=session.get_one(User, giver.supervisor_id),
        other=session.get_one(User, receiver.supervisor_id),
        clerk=session.get_one(User, staff.finance[staff.main_id]),
        workers=iter(workers),
    )
    _hand_over(office)
    _papers(office)
    _changes(office)
    _requests(office)
    _families(office)
    _paid_elsewhere(office)
    session.flush()


def _workers(session: Session, agent: Collector) -> Sequence[int]:
    """Workers who pay for themselves and have no payment under way, the oldest members first."""
    waiting = exists().where(
        Payment.worker_id == Worker.id,
        Payment.state.in_((PaymentState.CREATED, PaymentState.PENDING)),
    )
    query = (
        select(Worker.id)
        .join(Enrolment, Enrolment.worker_id == Worker.id)
        .where(
            Worker.agent_id == agent.id,
            Enrolment.until_month.is_(None),
            Enrolment.funding == Funding.SELF,
            Enrolment.from_month < clock.this_month(),
            ~waiting,
        )
        .order_by(Enrolment.from_month, Worker.id)
    )
    return session.scalars(query.limit(_NEEDED)).all()


def _hand_over(office: _Office) -> None:
    """One that was carried out, one of next month, and one that waits for its second person."""
    now = clock.this_month()
    for month, reason, accepted in (
        (now, "Pekerja pindah rumah ke wilayah agen itu", True),
        (add_months(now, 1), "Wilayah dibagi mulai bulan depan", True),
        (now, "Pekerja minta agen yang lebih dekat", False),
    ):
        number = planning.draft(
            office.session,
            from_agent_id=office.giver.id,
            chosen=Chosen(worker_ids=[next(office.workers)]),
            to_agent_ids=[office.receiver.id],
            division=Division.EQUAL,
            from_month=month,
            reason=reason,
            actor_id=office.leader.id,
        ).id
        consent.propose(office.session, handover_id=number, actor_id=office.leader.id)
        if accepted:
            consent.accept(office.session, handover_id=number, actor_id=office.other.id)


def _papers(office: _Office) -> None:
    """A certificate that ends soon, a card that ended, and a contract that holds."""
    today = clock.now().date()
    for agent, kind, number, from_day, until_day in (
        (office.giver, PaperKind.CERTIFICATE, "SRT-0312", -720, 12),
        (office.receiver, PaperKind.CARD, "KTA-0188", -730, -6),
        (office.receiver, PaperKind.PKS, "PKS-021/TS", -90, 640),
    ):
        record_paper(
            office.session,
            vault=office.vault,
            agent_id=agent.id,
            kind=kind,
            number=number,
            from_on=today + timedelta(days=from_day),
            until_on=today + timedelta(days=until_day),
            scan=b"",
            actor_id=office.leader.id,
        )


def _changes(office: _Office) -> None:
    """A new income that waits, a corrected name that waits, and an income from a later month on."""
    session, now = office.session, clock.this_month()
    for month, field, reason in (
        (now, "income_idr", "Penghasilan naik, menurut pekerja"),
        (now, "name", "Sesuai KTP"),
        (add_months(now, 2), "income_idr", "Kontrak baru mulai bulan itu"),
    ):
        worker = session.get_one(Worker, next(office.workers))
        dearer = str(worker.income_idr + _DEARER_IDR)
        values = {field: dearer if field == "income_idr" else f"{worker.name} Saputra"}
        wanted = proposing.consider(
            session, vault=office.vault, worker_id=worker.id, values=values, from_month=month
        )
        change = proposing.propose(
            session,
            vault=office.vault,
            worker_id=worker.id,
            values=values,
            from_month=month,
            seen=wanted.effect.version,
            reason=reason,
            actor_id=office.giver.user_id,
        )
        if month > now:
            seen = deciding.effect_of_change(session, change.id).version
            deciding.approve(
                session,
                vault=office.vault,
                change_id=change.id,
                seen=seen,
                actor_id=office.clerk.id,
            )


def _requests(office: _Office) -> None:
    """Two requests about personal data that nobody has answered yet."""
    for kind, how in (
        (DataRequestKind.COPY, "Datang ke kantor, KTP dicocokkan"),
        (DataRequestKind.CORRECTION, "Telepon dari nomor yang tercatat"),
    ):
        requests.ask(
            office.session,
            worker_id=next(office.workers),
            kind=kind,
            asked_how=how,
            actor_id=office.leader.id,
        )


def _families(office: _Office) -> None:
    """A death that BPJS paid for, an accident that was reported, and their heirs."""
    session, today = office.session, clock.now().date()
    died, hurt = next(office.workers), next(office.workers)
    for worker_id, name, relation in (
        (died, "Rahmawati", HeirRelation.SPOUSE),
        (died, "Fajar", HeirRelation.CHILD),
        (hurt, "Nurhayati", HeirRelation.SPOUSE),
    ):
        heirs.add(
            session,
            worker_id=worker_id,
            name=name,
            relation=relation,
            phone="",
            actor=office.leader,
        )
    day = today - timedelta(days=25)
    end(
        session,
        worker_id=died,
        reason=EndReason.DIED,
        happened_on=day,
        note="Akta kematian 114/2026",
        actor_id=office.leader.id,
    )
    claim = session.scalars(select(Claim).where(Claim.worker_id == died)).one()
    claims.move(session, claim_id=claim.id, actor=office.leader, action=ClaimAction.HAND_IN)
    claims.move(
        session,
        claim_id=claim.id,
        actor=office.leader,
        action=ClaimAction.PAID,
        amount_idr=_DEATH_IDR,
        on=today - timedelta(days=3),
    )
    claims.report(
        session,
        worker_id=hurt,
        kind=ClaimKind.ACCIDENT,
        happened_on=today - timedelta(days=4),
        note="Jatuh dari motor saat bekerja; dirawat di RSUD",
        actor=office.leader,
    )


def _paid_elsewhere(office: _Office) -> None:
    """Months before the membership here: some that count, some that wait for a second person."""
    session = office.session
    for kind, evidence, counts in (
        (EarlierKind.ELSEWHERE, "Bukti bayar Indomaret", True),
        (EarlierKind.ELSEWHERE, "Riwayat iuran di JMO", False),
    ):
        worker_id = next(office.workers)
        first = select(Enrolment.from_month).where(Enrolment.worker_id == worker_id)
        until = session.scalars(first.order_by(Enrolment.from_month).limit(1)).one()
        period = earlier.propose(
            session,
            worker_id=worker_id,
            from_month=add_months(until, -4),
            until_month=add_months(until, -1),
            kind=kind,
            evidence=evidence,
            actor=office.leader,
        )
        if counts:
            earlier.decide_period(
                session, period_id=period.id, action=EarlierAction.APPROVE, actor=office.clerk
            )
