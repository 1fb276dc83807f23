"""Asking providers about mandates: for a consent page, how one stands, and to end one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import (
    ChannelUnavailable,
    Decline,
    MandateChannel,
    MandateEnd,
    MandateReport,
    MandateRequest,
    MandateState,
)
from agentsys.payments.debit_models import Debit
from agentsys.payments.mandate_models import Mandate, MandateWorker
from agentsys.payments.mandates import observed
from agentsys.workers import seals

log = structlog.get_logger("agentsys.mandates")

NOBODY_CAME = "Waktu untuk menyetujui di halaman penyedia sudah habis. Coba lagi."

LEASE = timedelta(minutes=2)  # longer than any call; a worker that dies leaves its question
# The longest delay. A later time was written by a clock that ran ahead, so it counts as due.
_FURTHEST = observed.LONGEST_WAIT + timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class _Question:
    """One mandate that its provider is asked about."""

    reference: str
    channel: str
    state: MandateState
    handle: str
    phone_sealed: bytes
    return_url: str
    consent_until: datetime | None
    expires_at: datetime | None
    was_refused: bool  # a debit was refused because the account is gone
    is_used: bool  # by another mandate, so that it must stay linked


def ask_providers(
    channels: Mapping[str, MandateChannel], *, vault: Vault, limit: int = 50, by: str = "sweep"
) -> int:
    """Ask about the mandates that are due; how many were asked about. An entrypoint.

    It may run several times at once. A mandate that no provider knows yet gets its consent page,
    one that we ended is ended there, and the others are asked about.
    """
    with transaction() as session:
        due = _claim(session, channels, limit)
    for question in due:
        _ask(channels[question.channel], question, vault, by)
    return len(due)


def ask_about(session: Session, *, handle: str, channel: str) -> bool:
    """Have a mandate asked about now, such as after an account notice; False if none is known.

    Such notices are not signed, so they prove nothing: only the provider's answer counts.
    """
    found = session.scalars(
        update(Mandate)
        .where(Mandate.handle == handle, Mandate.channel == channel)
        .values(next_check_at=clock.now())
        .returning(Mandate.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(found)


def ask_about_orders(session: Session, references: Collection[str]) -> set[str]:
    """Have the mandates asked about whose references these are; the references of these."""
    if not references:
        return set()
    return set(
        session.scalars(
            update(Mandate)
            .where(Mandate.reference.in_(references), Mandate.state != MandateState.ENDED)
            .values(next_check_at=clock.now())
            .returning(Mandate.reference)
            .execution_options(synchronize_session=False)
        )
    )


def _claim(session: Session, channels: Mapping[str, MandateChannel], limit: int) -> list[_Question]:
    """Due mandates; no other process asks about them until the lease ends."""
    moment, other = clock.now(), aliased(Mandate)
    due = (
        select(Mandate.id)
        .where(
            or_(Mandate.next_check_at <= moment, Mandate.next_check_at > moment + _FURTHEST),
            Mandate.channel.in_(channels),
        )
        .order_by(Mandate.next_check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = session.execute(
        update(Mandate)
        .where(Mandate.id.in_(select(due.c.id)))
        .values(next_check_at=moment + LEASE)
        .returning(
            Mandate.reference,
            Mandate.channel,
            Mandate.state,
            Mandate.handle,
            Mandate.phone_sealed,
            Mandate.return_url,
            Mandate.consent_until,
            Mandate.expires_at,
            # By worker, because debits have no index by mandate.
            exists()
            .where(
                MandateWorker.mandate_id == Mandate.id,
                Debit.worker_id == MandateWorker.worker_id,
                Debit.mandate_id == Mandate.id,
                Debit.decline == Decline.ENDED,
            )
            .correlate(Mandate)
            .label("was_refused"),
            exists()
            .where(
                other.channel == Mandate.channel,
                other.handle == Mandate.handle,
                other.id != Mandate.id,
                other.state != MandateState.ENDED,
            )
            .correlate(Mandate)
            .label("is_used"),
        )
        .execution_options(synchronize_session=False)
    )
    return [_Question(**row._mapping) for row in rows]


def _ask(channel: MandateChannel, question: _Question, vault: Vault, by: str) -> None:
    """Ask with no transaction open, and apply the answer."""
    reference = question.reference
    try:
        report = _answer(channel, question, vault)
    except ChannelUnavailable as unavailable:
        log.warning("mandate not answered", reference=reference, why=str(unavailable))
        in_transaction(lambda session: observed.put_off(session, reference=reference))
    except Exception:
        # A bug in one channel must not keep others from being asked.
        log.exception("channel failed", reference=reference)
        in_transaction(lambda session: observed.put_off(session, reference=reference))
    else:
        in_transaction(
            lambda session: observed.apply_mandate_report(
                session, reference=reference, report=report, by=by
            )
        )


def _answer(channel: MandateChannel, question: _Question, vault: Vault) -> MandateReport:
    if question.state is MandateState.ENDED and question.is_used:
        return MandateReport(state=MandateState.ENDED, end=MandateEnd.REVOKED_BY_US)
    if question.state is MandateState.ENDED:
        return channel.end_mandate(question.handle)
    if question.handle:
        return _judged(channel, question, channel.check_mandate(question.handle))
    return channel.ask_mandate(
        MandateRequest(
            reference=question.reference,
            phone=vault.open(question.phone_sealed, seals.mandate_phone_of(question.reference)),
            return_url=question.return_url,
        )
    )


def _judged(channel: MandateChannel, question: _Question, report: MandateReport) -> MandateReport:
    """The report, or the end of the mandate where only we can know it."""
    now = clock.now()
    if report.state is MandateState.ASKED:
        is_over = question.consent_until is not None and question.consent_until < now
        return _ended(report, MandateEnd.NOT_GIVEN, NOBODY_CAME) if is_over else report
    if report.state not in (MandateState.ACTIVE, MandateState.SUSPENDED):
        return report
    expires_at = report.expires_at or question.expires_at
    if expires_at is not None and expires_at <= now:
        return _ended(report, MandateEnd.EXPIRED)
    if question.was_refused and channel.capabilities.ends_by_refusal:
        return _ended(report, MandateEnd.ACCOUNT_CLOSED)
    return report


def _ended(report: MandateReport, end: MandateEnd, reason: str = "") -> MandateReport:
    return replace(report, state=MandateState.ENDED, end=end, reason=reason or report.reason)
