"""What the bank or the gateway says of a transfer: it arrived, it failed, or it came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.ledger import accounts, journal
from agentsys.payouts import due
from agentsys.payouts.models import BatchState, LineState, PayoutBatch, PayoutLine
from agentsys.payouts.sending import actor_of, locked, record
from agentsys.people.permissions import Permission

LONGEST_REASON = 200

# From a state of a line to those that a result can lead to. What came back late is owed again.
LINE_RESULTS = {
    LineState.SENT: frozenset({LineState.SUCCEEDED, LineState.FAILED, LineState.RETURNED}),
    LineState.SUCCEEDED: frozenset({LineState.RETURNED}),
}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the bank says of one transfer."""

    state: LineState  # SUCCEEDED, FAILED or RETURNED
    bank_ref: str = ""
    paid_on: date | None = None
    reason: str = ""


def record_result(
    session: Session, *, line_id: int, result: Result, actor_id: int | None
) -> PayoutLine:
    """Book what the bank says of a line. The same result again changes nothing.

    A transfer that succeeded can still come back; whatever failed or came back is owed again.
    """
    known = session.get(PayoutLine, line_id)
    if known is None:
        raise NotFound()
    batch = locked(session, known.batch_id)
    actor = actor_of(session, actor_id, batch.office_id) if actor_id is not None else None
    if actor is not None and not actor.can(Permission.COMMISSION_PAY_SEND):
        raise Forbidden(permission=Permission.COMMISSION_PAY_SEND.value)
    line = session.get_one(PayoutLine, line_id, with_for_update=True, populate_existing=True)
    if line.state is result.state:
        return line
    if result.state not in LINE_RESULTS.get(line.state, frozenset()):
        raise Conflict(
            "Pembayaran {key} sudah berakhir dengan hasil lain. Muat ulang halaman, lalu periksa.",
            key=line.key,
        )
    reason = " ".join(result.reason.replace("\0", "").split())[:LONGEST_REASON]
    if result.state is not LineState.SUCCEEDED and not reason:
        raise Invalid("Isi alasan dari bank, supaya agen tahu.", about="reason")
    if result.paid_on is not None and result.paid_on > due.today():
        raise Invalid("Tanggal bayar belum tiba.", about="paid_on")
    _book(session, line, result.state)
    line.state, line.reason = result.state, reason
    line.ended_at = clock.now()
    line.paid_on = result.paid_on or line.paid_on or due.today()
    line.bank_ref = " ".join(result.bank_ref.replace("\0", "").split())[:80] or line.bank_ref
    session.flush()
    _finish(session, batch)
    record(
        session,
        f"payout_line.{line.state.value}",
        f"payout_line:{line.id}",
        actor,
        {
            "key": line.key,
            "agent_id": line.agent_id,
            "net_idr": line.net_idr,
            "bank_ref": line.bank_ref,
            "reason": reason,
        },
    )
    return line


def _book(session: Session, line: PayoutLine, to: LineState) -> None:
    """Money that arrived leaves the bank; money that did not, or came back, is owed again."""
    at, source = clock.now(), f"payout:{line.key}"
    sent = accounts.sent_commission(line.office_id)
    bank = accounts.bank_for_commission(line.office_id)
    payable = accounts.payable_to_agent(line.agent_id)
    if to is LineState.SUCCEEDED or (to is LineState.RETURNED and line.state is LineState.SENT):
        journal.post(
            session,
            kind="commission.paid",
            source=source,
            at=at,
            lines={sent: line.net_idr, bank: -line.net_idr},
        )
    if to is LineState.FAILED:
        journal.post(
            session,
            kind="commission.failed",
            source=source,
            at=at,
            lines={sent: line.net_idr, payable: -line.net_idr},
        )
    if to is LineState.RETURNED:
        journal.post(
            session,
            kind="commission.returned",
            source=source,
            at=at,
            lines={bank: line.net_idr, payable: -line.net_idr},
        )


def _finish(session: Session, batch: PayoutBatch) -> None:
    """Let a batch be finished once the end of each line is known."""
    open_lines = session.scalar(
        select(func.count())
        .select_from(PayoutLine)
        .where(PayoutLine.batch_id == batch.id, PayoutLine.state == LineState.SENT)
    )
    if batch.state is BatchState.SENT and not open_lines:
        batch.state, batch.finished_at = BatchState.FINISHED, clock.now()
        session.flush()
