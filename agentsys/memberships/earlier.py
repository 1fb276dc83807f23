"""Months paid elsewhere: recorded by one person with evidence, counted once a second one agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import closing
from agentsys.contributions.closing import ClosedMonth
from agentsys.contributions.earlier import months_between
from agentsys.contributions.earlier_models import LIVE, EarlierKind, EarlierPeriod, EarlierState
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships.ending import locked_worker, no_billing_run, withdraw_payments
from agentsys.months import add_months
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.workers import bpjs_answers
from agentsys.workers.kinds import CloseReason
from agentsys.workers.models import Worker

FIRST_MONTH = date(2014, 1, 1)  # BPJS Ketenagakerjaan took up its work on that day
MONTHS_AHEAD = 12  # other ways of paying take as many months in advance as we do


class EarlierAction(StrEnum):
    """What people do with a record of earlier months."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK_BACK = "ask_back"  # it was a mistake


EARLIER_TRANSITIONS = {
    (EarlierState.PROPOSED, EarlierAction.APPROVE): Transition(
        EarlierState.COUNTED, by=Permission.EARLIER_APPROVE
    ),
    (EarlierState.PROPOSED, EarlierAction.REFUSE): Transition(
        EarlierState.REFUSED, by=Permission.EARLIER_APPROVE
    ),
    (EarlierState.COUNTED, EarlierAction.ASK_BACK): Transition(
        EarlierState.RETRACTING, by=Permission.EARLIER_RECORD
    ),
    (EarlierState.RETRACTING, EarlierAction.APPROVE): Transition(
        EarlierState.TAKEN_BACK, by=Permission.EARLIER_APPROVE
    ),
    (EarlierState.RETRACTING, EarlierAction.REFUSE): Transition(
        EarlierState.COUNTED, by=Permission.EARLIER_APPROVE
    ),
}


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a decision did: the new state, bills that it closed, payments being cancelled."""

    state: EarlierState
    closed: Sequence[ClosedMonth] = ()
    withdrawn: int = 0


def propose(
    session: Session,
    *,
    worker_id: int,
    from_month: date,
    until_month: date,
    kind: EarlierKind,
    evidence: str,
    actor: User,
) -> EarlierPeriod:
    """Record months that BPJS was paid for elsewhere; they count once a second person agrees.

    `until_month` is the first month that is not part of them.
    """
    if not actor.can(Permission.EARLIER_RECORD):
        raise Forbidden(permission=Permission.EARLIER_RECORD.value)
    evidence = _one_line(evidence)
    _check_months(from_month, until_month)
    if not evidence:
        raise Invalid(
            "Tulis buktinya: nomor bukti bayar, atau siapa yang mengatakannya.", about="evidence"
        )
    worker = locked_worker(session, worker_id)
    _check_free(session, worker_id, from_month, until_month)
    made = EarlierPeriod(
        worker_id=worker_id,
        office_id=worker.office_id,
        agent_id=worker.agent_id,
        from_month=from_month,
        until_month=until_month,
        kind=kind,
        evidence=evidence,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _record(session, made, "proposed", actor, note=evidence)
    return made


def decide_period(
    session: Session, *, period_id: int, action: EarlierAction, actor: User, reason: str = ""
) -> Decided:
    """Agree to a record or to taking it back, refuse it, or ask to take it back."""
    worker_id = session.scalar(select(EarlierPeriod.worker_id).where(EarlierPeriod.id == period_id))
    if worker_id is None:
        raise NotFound()
    worker = locked_worker(session, worker_id)
    period = session.get_one(EarlierPeriod, period_id, with_for_update=True, populate_existing=True)
    if period.kind is EarlierKind.MERGED:
        raise Conflict(
            "Bulan ini berasal dari catatan yang digabung. Batalkan penggabungannya di halaman"
            " “Orang yang sama?”."
        )
    before = period.state
    to = decide(EARLIER_TRANSITIONS, before, action, actor)
    reason = _one_line(reason)
    if to in (EarlierState.REFUSED, EarlierState.RETRACTING) and not reason:
        raise Invalid("Tulis alasannya.", about="reason")
    if action is not EarlierAction.ASK_BACK:
        _check_second_person(session, period, worker, actor)
    done = Decided(state=to)
    if before is EarlierState.PROPOSED and to is EarlierState.COUNTED:
        done = _begin_to_count(session, period, actor)
    _keep(period, to, actor, reason)
    session.flush()
    _record(session, period, to.value, actor, note=reason, done=done)
    return done


def _check_months(from_month: date, until_month: date) -> None:
    if from_month.day != 1 or until_month.day != 1 or from_month >= until_month:
        raise Invalid("Bulan terakhir tidak boleh sebelum bulan pertama.", about="last_month")
    if from_month < FIRST_MONTH:
        raise Invalid(
            "BPJS Ketenagakerjaan mulai {first_month}. Pilih bulan itu atau sesudahnya.",
            first_month=FIRST_MONTH,
            about="from_month",
        )
    last = add_months(clock.this_month(), MONTHS_AHEAD)
    if add_months(until_month, -1) > last:
        raise Invalid(
            "Bulan terakhir paling akhir {last_month}.", last_month=last, about="last_month"
        )


def _check_free(session: Session, worker_id: int, from_month: date, until_month: date) -> None:
    """Conflict if a month was paid here, or is recorded already."""
    paid = session.scalars(
        select(Contribution.month)
        .where(
            Contribution.worker_id == worker_id,
            Contribution.month >= from_month,
            Contribution.month < until_month,
            Contribution.payment_id.is_not(None),
        )
        .order_by(Contribution.month)
    ).all()
    if paid:
        raise Conflict(
            "Bulan {months} sudah dibayar lewat kantor ini. Pilih bulan lain, atau kembalikan dulu"
            " pembayarannya.",
            months=paid,
            about="from_month",
        )
    same = session.execute(
        select(EarlierPeriod.from_month, EarlierPeriod.until_month)
        .where(
            EarlierPeriod.worker_id == worker_id,
            EarlierPeriod.state.in_(LIVE),
            EarlierPeriod.from_month < until_month,
            EarlierPeriod.until_month > from_month,
        )
        .order_by(EarlierPeriod.from_month)
        .limit(1)
    ).first()
    if same:
        raise Conflict(
            "Bulan {from_month} sampai {last_month} sudah dicatat sebelumnya. Pilih bulan lain.",
            from_month=same.from_month,
            last_month=add_months(same.until_month, -1),
            about="from_month",
        )


def _check_second_person(
    session: Session, period: EarlierPeriod, worker: Worker, actor: User
) -> None:
    asked = period.retracted_by if period.state is EarlierState.RETRACTING else period.proposed_by
    if actor.id == asked:
        raise Forbidden("Bulan ini diputuskan orang kedua, bukan yang mengusulkan.")
    second_person.check(session, second=actor, first_ids=[asked])
    own = session.scalar(select(Agent.id).where(Agent.user_id == actor.id))
    if own is not None and own in (worker.agent_id, period.agent_id):
        raise Forbidden("Pekerja ini tanggungan Anda sendiri. Minta orang lain memutuskan.")


def _begin_to_count(session: Session, period: EarlierPeriod, actor: User) -> Decided:
    """Close the bills of these months; payments under way for them are cancelled."""
    first, until = period.from_month, period.until_month
    no_billing_run(session, first)
    since = {period.worker_id: first}
    months = closing.lock_open(session, since, until=until)[period.worker_id]
    paid = session.scalars(
        select(Contribution.month)
        .where(
            Contribution.worker_id == period.worker_id,
            Contribution.month.in_(list(months_between(first, until))),
            Contribution.payment_id.is_not(None),
        )
        .order_by(Contribution.month)
    ).all()
    if paid:
        raise Conflict(
            "Bulan {months} sudah dibayar lewat kantor ini sejak diusulkan. Tolak usul ini.",
            months=paid,
        )
    withdrawn = withdraw_payments(session, period.worker_id, months, actor.id)
    closed = closing.close(
        session, since, until=until, why=CloseReason.PAID_ELSEWHERE, actor_id=actor.id
    )
    return Decided(state=EarlierState.COUNTED, closed=closed, withdrawn=withdrawn)


def _keep(period: EarlierPeriod, to: EarlierState, actor: User, reason: str) -> None:
    now = clock.now()
    if to is EarlierState.RETRACTING:
        period.retracted_by, period.retracted_at, period.reason = actor.id, now, reason
    elif period.state is EarlierState.PROPOSED:
        period.decided_by, period.decided_at, period.reason = actor.id, now, reason
        period.changed_at = now if to is EarlierState.COUNTED else None
    elif to is EarlierState.TAKEN_BACK:
        period.changed_at = now
    else:
        period.retracted_by = period.retracted_at = None
        period.reason = ""
    period.state = to


def _record(
    session: Session,
    period: EarlierPeriod,
    what: str,
    actor: User,
    *,
    note: str,
    done: Decided | None = None,
) -> None:
    # A commission run that reads while this is not committed must not pass for a newer one.
    bpjs_answers.say_under_way(session)
    trail.record(
        session,
        actor_id=actor.id,
        action=f"earlier_months.{what}",
        subject=f"worker:{period.worker_id}",
        details={
            "period_id": period.id,
            "from_month": period.from_month,
            "last_month": add_months(period.until_month, -1),
            "kind": period.kind,
            "note": note,
            "closed": [month.month for month in done.closed] if done else [],
        },
    )


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:200]
