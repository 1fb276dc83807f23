"""Comparing each day's debits with the provider: every try is asked about once more.

Midtrans has no list of a day's payments, so each try is asked about, half a day after it was made.
That finds what changed without a callback, and what the provider does not know at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select, text, tuple_, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import MandateChannel, PaymentReport, PaymentState
from agentsys.payments.debit_models import DebitTry
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.models import Outcome, Payment
from agentsys.payments.polling import Answer, ask_in_lots

log = structlog.get_logger("agentsys.debits")

BATCH = 256
COMPARE_AFTER = timedelta(hours=12)
AGAIN_AFTER = timedelta(hours=1)
NO_LONGER_AFTER = timedelta(days=14)
NOT_KNOWN = "Penyedia tidak mengenal debit ini, padahal tercatat dibayar."

_WRITE = text("""
WITH done AS (
    UPDATE debit_tries SET compare_at = NULL, differed = payment_id = ANY(:differing)
    WHERE payment_id = ANY(:ids)
    RETURNING run_id, differed
)
UPDATE debit_runs SET compared = compared + many, differing = differing + other
FROM (
    SELECT run_id, count(*) AS many, count(*) FILTER (WHERE differed) AS other
    FROM done GROUP BY run_id
) counted
WHERE debit_runs.id = counted.run_id
""")


@dataclass(frozen=True)
class _Made:
    """A try that this batch compares."""

    payment_id: int
    reference: str
    channel: str
    provider_ref: str
    state: PaymentState


def compare(channels: Mapping[str, MandateChannel], *, limit: int = BATCH) -> Counter[str]:
    """Ask providers about tries that are due for it: how many were compared, differ, or wait.

    An entrypoint; any number of them may run at once. What is not answered is asked about later.
    """
    with transaction() as session:
        made = {each.reference: each for each in _claim(session, limit)}
    asked = {r: channels[each.channel] for r, each in made.items() if each.channel in channels}
    counts = Counter(unanswered=len(made) - len(asked))
    attempts = {reference: each.provider_ref for reference, each in made.items()}
    for lot in ask_in_lots(asked, attempts=attempts):
        counts += _take(lot, made)
    return +counts


def _claim(session: Session, limit: int) -> list[_Made]:
    """Tries whose comparison is due; if this process dies, they are due again after a while."""
    moment = clock.now()
    due = (
        select(DebitTry.debit_id, DebitTry.try_no)
        .where(DebitTry.compare_at <= moment, DebitTry.at > moment - NO_LONGER_AFTER)
        .order_by(DebitTry.compare_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    ids = session.scalars(
        update(DebitTry)
        .where(tuple_(DebitTry.debit_id, DebitTry.try_no).in_(select(due)))
        .values(compare_at=moment + AGAIN_AFTER)
        .returning(DebitTry.payment_id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = session.execute(
        select(
            Payment.id, Payment.reference, Payment.channel, Payment.provider_ref, Payment.state
        ).where(Payment.id.in_(ids))
    )
    return [_Made(*row) for row in rows]


def _take(lot: Sequence[Answer], made: Mapping[str, _Made]) -> Counter[str]:
    reports = [
        _as_found(made[reference], answer)
        for reference, answer in lot
        if isinstance(answer, PaymentReport)
    ]
    counts = Counter(unanswered=len(lot) - len(reports))
    if not reports:
        return counts
    try:
        return counts + in_transaction(partial(_apply, reports=reports, made=made))
    except Exception:
        log.exception("not compared, so one by one", size=len(reports))
    for report in reports:
        try:
            counts += in_transaction(partial(_apply, reports=[report], made=made))
        except Exception:
            log.exception("not compared", reference=report.reference)
            counts["unanswered"] += 1
    return +counts


def _as_found(made: _Made, report: PaymentReport) -> PaymentReport:
    """The report; for a person, if the provider does not know what is paid here."""
    if made.state is PaymentState.SETTLED and report.state is PaymentState.CREATED:
        return replace(report, for_a_person=NOT_KNOWN)
    return report


def _apply(
    session: Session, *, reports: Sequence[PaymentReport], made: Mapping[str, _Made]
) -> Counter[str]:
    """The work of one transaction: the reports, and what the comparison found."""
    outcomes = apply_reports(session, reports, by="compare")
    differing = [
        made[reference].payment_id
        for reference, outcome in outcomes.items()
        if outcome in (Outcome.MOVED, Outcome.TO_CHECK)
    ]
    ids = [made[report.reference].payment_id for report in reports]
    session.execute(_WRITE, {"ids": ids, "differing": differing})
    if differing:
        log.error(
            "debits differ", references=[r for r in outcomes if made[r].payment_id in differing]
        )
    return Counter(compared=len(ids), differing=len(differing))
