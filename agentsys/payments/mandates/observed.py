"""How a mandate changes state: observed at the provider, or ended by us."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.extension.contract import Decline, MandateEnd, MandateReport, MandateState
from agentsys.months import HEAD_OFFICE
from agentsys.payments.debit_models import Debit, DebitState
from agentsys.payments.mandate_models import Mandate, MandateMove, MandateWorker
from agentsys.payments.mandates import notices
from agentsys.payments.mandates.rules import rules_for
from agentsys.payments.sanitise import plain

S = MandateState

TAKEN = (
    "Akun dengan nomor ini sudah membayar iuran pekerja lain. Pakai akun lain, atau bayar lewat"
    " agen."
)

_AGAIN = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)

# Observed at the provider: reports may be late or repeated. Nothing leads back from the end, and
# a report of an earlier step changes nothing.
MANDATE_TRANSITIONS: dict[MandateState, frozenset[MandateState]] = {
    S.ASKED: frozenset({S.PENDING, S.ACTIVE, S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.PENDING: frozenset({S.ACTIVE, S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.ACTIVE: frozenset({S.SUSPENDED, S.UNCLEAR, S.ENDED}),
    S.SUSPENDED: frozenset({S.ACTIVE, S.UNCLEAR, S.ENDED}),
    S.UNCLEAR: frozenset({S.ACTIVE, S.SUSPENDED, S.ENDED}),
    S.ENDED: frozenset(),
}


_KNOWN_HERE = (MandateEnd.REVOKED_BY_US, MandateEnd.REPLACED, MandateEnd.NOT_GIVEN)


def apply_mandate_report(
    session: Session, *, reference: str, report: MandateReport, by: str, at: datetime | None = None
) -> MandateState:
    """Apply a provider's report and return the mandate's state.

    The end of a mandate ends the plan of its debits too, except for one whose call was made. Once
    a mandate is active, an older one of its workers ends: it was replaced.
    """
    at = at or clock.now()
    mandate = locked(session, reference)
    report = _first_come(session, mandate, report)
    mandate.handle = plain(report.handle, 80) or mandate.handle
    mandate.consent_url = plain(report.consent_url, 500) or mandate.consent_url
    mandate.consent_until = report.consent_until or mandate.consent_until
    mandate.reason = plain(report.reason, 200) or mandate.reason
    mandate.account = plain(report.account, 60) or mandate.account
    mandate.expires_at = report.expires_at or mandate.expires_at
    if mandate.state is S.ENDED:
        # Ended by us: it is asked to end at the provider until that is done.
        mandate.next_check_at = None if report.state is S.ENDED else at + _wait(mandate)
    elif report.state in MANDATE_TRANSITIONS[mandate.state]:
        _enter(session, mandate, report.state, end=report.end, by=by, at=at, raw=report.raw)
        mandate.checks = 0
        mandate.next_check_at = None if report.state is S.ENDED else at + _wait(mandate)
    else:
        mandate.next_check_at = at + _wait(mandate)
    mandate.checks += 1
    session.flush()
    _ask_to_renew(session, mandate, at)
    return mandate.state


def is_taken(
    session: Session, *, channel: str, phone_index: bytes, workers: Collection[int]
) -> bool:
    """Whether an account pays for others than these workers already, as its owner consented to."""
    if not phone_index:
        return False  # the channel does not find accounts by phone
    ours = exists().where(
        MandateWorker.mandate_id == Mandate.id, MandateWorker.worker_id.in_(workers)
    )
    found = session.scalar(
        select(Mandate.id)
        .where(
            Mandate.channel == channel,
            Mandate.phone_index == phone_index,
            Mandate.state != S.ENDED,
            Mandate.consented_at.is_not(None),
            ~ours.correlate(Mandate),
        )
        .limit(1)
    )
    return found is not None


def end(
    session: Session, mandate: Mandate, reason: MandateEnd, *, by: str, at: datetime | None = None
) -> None:
    """End a locked mandate at once here; the job ends it at the provider too."""
    at = at or clock.now()
    _enter(session, mandate, S.ENDED, end=reason, by=by, at=at, raw={})
    mandate.checks = 0
    mandate.next_check_at = at if mandate.handle else None
    session.flush()


def put_off(session: Session, *, reference: str) -> None:
    """Ask about a mandate later: its provider did not answer."""
    mandate = locked(session, reference)
    mandate.checks += 1
    mandate.next_check_at = clock.now() + _wait(mandate)
    session.flush()


def locked(session: Session, reference: str) -> Mandate:
    """The mandate, re-read and locked until this transaction ends."""
    session.flush()
    mandate = session.scalar(
        select(Mandate)
        .where(Mandate.reference == reference)
        .with_for_update(of=Mandate)
        .execution_options(populate_existing=True)
    )
    if mandate is None:
        raise NotFound()
    return mandate


def append_move(
    session: Session,
    mandate: Mandate,
    before: MandateState | None,
    after: MandateState,
    *,
    by: str,
    report: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write one change of state down; never changed afterwards."""
    session.add(
        MandateMove(
            mandate_id=mandate.id,
            from_state=before,
            to_state=after,
            at=at or clock.now(),
            by=by,
            report=dict(report or {}),
        )
    )


def _enter(
    session: Session,
    mandate: Mandate,
    state: MandateState,
    *,
    end: MandateEnd | None,
    by: str,
    at: datetime,
    raw: Mapping[str, Any],
) -> None:
    append_move(session, mandate, mandate.state, state, by=by, report=raw, at=at)
    if state is S.ACTIVE and mandate.consented_at is None:
        _consented(session, mandate, by=by, at=at)
    mandate.state, mandate.end = state, end
    if state is S.ENDED:
        mandate.ended_at = at
        _over(session, mandate, at)
        notices.tell_end(session, mandate, at=at)
    session.flush()


def _consented(session: Session, mandate: Mandate, *, by: str, at: datetime) -> None:
    """Keep the evidence of the payer's consent, and end what it replaces."""
    mandate.consented_at = at
    mandate.consent_evidence = {
        "text": mandate.consent_text,
        "reported_by": by,
        "asked_from": mandate.asked_from,
        "account": mandate.handle,
    }
    ours = select(MandateWorker.worker_id).where(MandateWorker.mandate_id == mandate.id)
    older = session.scalars(
        select(Mandate)
        .join(MandateWorker, MandateWorker.mandate_id == Mandate.id)
        .where(
            MandateWorker.worker_id.in_(ours),
            MandateWorker.until.is_(None),
            Mandate.id != mandate.id,
            Mandate.state != S.ENDED,
        )
        .order_by(Mandate.id)
        .with_for_update(of=Mandate)
        .execution_options(populate_existing=True)
    ).unique()
    for replaced in older.all():
        _end_replaced(session, replaced, by=by, at=at)
    session.execute(
        update(MandateWorker).where(MandateWorker.mandate_id == mandate.id).values(since=at)
    )


def _first_come(session: Session, mandate: Mandate, report: MandateReport) -> MandateReport:
    """The report, or an end, if the account was given to other workers in the meantime."""
    if report.state is not S.ACTIVE or mandate.consented_at or mandate.state is S.ENDED:
        return report
    workers = [covered.worker_id for covered in mandate.workers]
    if not is_taken(
        session, channel=mandate.channel, phone_index=mandate.phone_index, workers=workers
    ):
        return report
    return replace(report, state=S.ENDED, end=MandateEnd.NOT_GIVEN, reason=TAKEN)


def _ask_to_renew(session: Session, mandate: Mandate, at: datetime) -> None:
    """Tell the payer in time that the account ends."""
    if mandate.state is not S.ACTIVE or mandate.expires_at is None:
        return
    last_day = mandate.expires_at.astimezone(HEAD_OFFICE).date()
    ahead = timedelta(days=rules_for(at.date()).renew_days_ahead)
    if last_day - at.date() <= ahead:
        notices.tell_expiry(session, mandate, last_day=last_day)


def _end_replaced(session: Session, mandate: Mandate, *, by: str, at: datetime) -> None:
    end(session, mandate, MandateEnd.REPLACED, by=by, at=at)


def _over(session: Session, mandate: Mandate, at: datetime) -> None:
    """Unlink its workers, and end its debits that were not called yet.

    If it was neither the payer's wish here nor another mandate's beginning that ended it, the payer
    may not know that the month stays unpaid: the agent visits.
    """
    session.flush()
    session.execute(
        update(MandateWorker)
        .where(MandateWorker.mandate_id == mandate.id, MandateWorker.until.is_(None))
        .values(until=at)
    )
    withdrawn: dict[str, Any] = {"state": DebitState.WITHDRAWN, "why": "mandate_ended"}
    given_up = {"state": DebitState.GIVEN_UP, "decline": Decline.ENDED, "why": Decline.ENDED.value}
    end = withdrawn if mandate.end in _KNOWN_HERE else given_up | {"ended_at": at}
    ended = session.scalars(
        update(Debit)
        .where(
            Debit.mandate_id == mandate.id,
            Debit.state.in_((DebitState.PLANNED, DebitState.ANNOUNCED)),
        )
        .values(look_at=None, **end)
        .returning(Debit.id)
    ).all()
    notices.withdraw(session, ended)


def _wait(mandate: Mandate) -> timedelta:
    """Until the next question: soon while something is to happen, else each day."""
    if mandate.state in (S.ASKED, S.PENDING, S.ENDED):
        doubled: int = 2 ** min(mandate.checks, 12)
        return min(_AGAIN * doubled, LONGEST_WAIT)
    return LONGEST_WAIT
