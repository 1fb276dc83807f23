"""Provider callbacks: store each once, respond at once, then ask the provider for the state.

A callback is never trusted as proof of payment. Only `callback_store` runs while the
provider waits; `process_waiting` asks the provider and applies its report. If it is killed,
nothing is lost: unfinished callbacks are claimed again when their lease ends.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, NotFound
from agentsys.extension.contract import PaymentChannel, PaymentReport
from agentsys.many import among
from agentsys.payments import foreign_callbacks
from agentsys.payments.callback_claims import (
    BACK_OFF,
    LEASE,
    Claimed,
    claim,
    finish,
    put_off,
    renew,
)
from agentsys.payments.callback_store import TASK
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.mandates import linking
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, StoredCallback
from agentsys.payments.polling import Answer, ask_in_lots
from agentsys.payments.references import is_ours
from agentsys.payments.unanswered import close_unanswered

log = structlog.get_logger("agentsys.callbacks")


def process_waiting(
    channels: Mapping[str, PaymentChannel], *, limit: int = 100
) -> Counter[Outcome | None]:
    """Process waiting callbacks; return counts by outcome (None: still waiting).

    An entrypoint: it opens its own transactions, and any number of them may run at once.
    """
    outcomes: Counter[Outcome | None] = Counter()
    with transaction() as session:
        waiting = claim(session, limit)
        asked_through = _channels_of(session, waiting)

        unknown = [c for c in waiting if c.reference not in asked_through]
        foreign = foreign_callbacks.set_aside(
            session, {c.id for c in unknown if not is_ours(c.reference)}
        )
        about_mandates = _about_mandates(session, unknown)
    outcomes[Outcome.FOREIGN] += len(foreign)
    outcomes[Outcome.NOTHING_NEW] += len(about_mandates)
    done = {*foreign, *about_mandates}

    claimed: defaultdict[str, list[Claimed]] = defaultdict(list)
    attempts: dict[str, str] = {}
    nobody: dict[str, str] = {}
    questions: dict[str, PaymentChannel] = {}
    for callback in (each for each in waiting if each.id not in done):
        reference = callback.reference
        name = asked_through.get(reference, callback.channel)
        if name not in channels:
            nobody[reference] = f"kanal {name} tidak terpasang"
        else:
            questions[reference] = channels[name]
            attempt = attempts.setdefault(reference, callback.attempt)
            # One attempt at a time: callbacks about another are claimed again when the lease ends.
            if channels[name].by_attempt and callback.attempt != attempt:
                continue
        claimed[reference].append(callback)

    renew_at = clock.now() + LEASE / 2
    lots: Iterable[Sequence[Answer]] = chain(
        [list(nobody.items())], ask_in_lots(questions, attempts=attempts)
    )
    for lot in lots:
        outcomes += _process(lot, {reference: claimed.pop(reference) for reference, _ in lot})
        if claimed and clock.now() >= renew_at:
            renew([callback for of_payment in claimed.values() for callback in of_payment])
            renew_at = clock.now() + LEASE / 2
    return +outcomes


def replay(session: Session, *, callback_id: int) -> None:
    """Process a callback again at a user's request; Conflict if it is about to be processed."""
    found = session.get(StoredCallback, callback_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    if not can_replay(found.next_try_at):
        raise Conflict("Callback ini masih menunggu giliran; tidak perlu diputar ulang.")
    found.outcome = None
    found.processed_at = None
    found.tries = 0
    found.next_try_at = clock.now()
    session.flush()
    session.execute(text("SELECT agentsys_wake(:task)"), {"task": TASK})


def can_replay(next_try_at: datetime | None) -> bool:
    """Whether a callback may be replayed: it is done, or its next attempt is not imminent."""
    return next_try_at is None or next_try_at > clock.now() + LEASE


def _process(
    lot: Sequence[Answer], claimed: Mapping[str, Sequence[Claimed]]
) -> Counter[Outcome | None]:
    """Apply the reports of a lot in one transaction, and postpone what has none."""
    outcomes: Counter[Outcome | None] = Counter()
    reports = [answer for _, answer in lot if isinstance(answer, PaymentReport)]
    unanswered = {reference: answer for reference, answer in lot if isinstance(answer, str)}
    try:
        applied = in_transaction(_applying(reports, claimed)) if reports else {}
    except Exception:
        # Perhaps one of them cannot be applied; the others must not wait for it.
        log.exception("lot not applied, so one by one", size=len(reports))
        applied = {}
        for report in reports:
            try:
                applied |= in_transaction(_applying([report], claimed))
            except Exception as bug:
                log.exception("report not applied", reference=report.reference)
                unanswered[report.reference] = f"kesalahan: {type(bug).__name__}"
    for reference, outcome in applied.items():
        outcomes[outcome] += len(claimed[reference])
    for reference, why in unanswered.items():
        with transaction() as session:
            put_off(session, claimed[reference], why)
        outcomes[None] += len(claimed[reference])
    return outcomes


def _about_mandates(session: Session, waiting: Sequence[Claimed]) -> set[int]:
    """Callbacks about orders on which payers consent: their mandates are asked about instead."""
    mandates = linking.ask_about_orders(
        session, {c.reference for c in waiting if is_ours(c.reference)}
    )
    found = {c.id for c in waiting if c.reference in mandates}
    finish(session, found, Outcome.NOTHING_NEW)
    return found


def _channels_of(session: Session, waiting: list[Claimed]) -> dict[str, str]:
    """The channel to ask, by reference: only the payment's own channel is trusted about it."""
    references = {callback.reference for callback in waiting}
    rows = session.execute(
        select(Payment.reference, Payment.channel).where(among(Payment.reference, references))
    )
    return {reference: channel for reference, channel in rows}


def _applying(
    reports: Sequence[PaymentReport], claimed: Mapping[str, Sequence[Claimed]]
) -> Callable[[Session], dict[str, Outcome]]:
    """The work of one transaction: apply the reports and store the callbacks' outcomes."""

    def work(session: Session) -> dict[str, Outcome]:
        outcomes = apply_reports(session, reports, by="callback")
        done: defaultdict[Outcome, list[int]] = defaultdict(list)
        for reference, outcome in outcomes.items():
            done[outcome].extend(callback.id for callback in claimed[reference])
            if max(callback.tries for callback in claimed[reference]) > len(BACK_OFF):
                close_unanswered(session, reference=reference)
            if outcome is Outcome.UNKNOWN:
                session.execute(
                    update(Case)
                    .where(Case.kind == CaseKind.UNKNOWN_ORDER, Case.subject == reference)
                    .values(callback_id=func.coalesce(Case.callback_id, claimed[reference][0].id))
                )
        for outcome, ids in done.items():
            finish(session, ids, outcome)
        return outcomes

    return work
