"""Writing tries down before any provider is called, many in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import (
    MandateChannel,
    Payer,
    PayerKind,
    PaymentRequest,
    PaymentState,
)
from agentsys.many import among, insert_all, update_all
from agentsys.payments.debit_models import Debit, DebitRun, DebitState, DebitTry
from agentsys.payments.mandates.comparing import COMPARE_AFTER
from agentsys.payments.mandates.facts import Facts, MandateRow
from agentsys.payments.models import Payment, PaymentMonth, PaymentMove
from agentsys.payments.provider_models import Action, ProviderRequest
from agentsys.payments.provider_queue import LEASE
from agentsys.payments.references import new_reference
from agentsys.payments.requests import FIRST_CHECK, described
from agentsys.workers.models import Worker

BY = "debit"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One try that is committed and may be made soon after `written_at`."""

    payment_id: int
    channel: str
    request: PaymentRequest
    written_at: datetime


def write_tries(
    session: Session,
    debits: Sequence[Debit],
    facts: Facts,
    channels: Mapping[str, MandateChannel],
) -> list[Call]:
    """Write a try of each debit and the payment that it makes; nothing is called yet.

    Each payment gets a question to its provider that is claimed already: if this process dies, a
    worker asks how the payment stands once the claim has ended.
    """
    if not debits:
        return []
    moment = clock.now()
    people = _people(session, debits)
    runs = _open_runs(session, debits)
    rows = [_payment_row(debit, facts, channels, people, moment) for debit in debits]
    ids: dict[str, int] = {
        reference: payment_id
        for payment_id, reference in session.execute(
            insert_all(Payment, rows).returning(Payment.id, Payment.reference)
        )
    }
    payments = [ids[row["reference"]] for row in rows]
    _write_parts(session, debits, payments, moment)
    tries = [
        {
            "debit_id": debit.id,
            "try_no": debit.tries + 1,
            "payment_id": payment_id,
            "notice_id": facts.notice_ids[debit.id],
            "run_id": debit.run_id if debit.run_id in runs else None,
            "at": moment,
            "compare_at": moment + COMPARE_AFTER,
        }
        for debit, payment_id in zip(debits, payments, strict=True)
    ]
    session.execute(insert_all(DebitTry, tries))
    calls = []
    for debit, payment_id, row in zip(debits, payments, rows, strict=True):
        debit.tries += 1
        debit.payment_id, debit.state, debit.look_at = payment_id, DebitState.CALLING, moment
        mandate, payer = facts.mandates[debit.mandate_id], people[debit.worker_id][0]
        calls.append(
            _call(debit, payment_id, row["reference"], mandate=mandate, payer=payer, at=moment)
        )
    update_all(session, debits)
    _claim_questions(session, calls, moment)
    return calls


def _write_parts(
    session: Session, debits: Sequence[Debit], payments: Sequence[int], moment: datetime
) -> None:
    """Months and first states of the new payments."""
    pairs = list(zip(debits, payments, strict=True))
    session.execute(
        insert_all(
            PaymentMonth,
            [
                {
                    "payment_id": payment_id,
                    "worker_id": debit.worker_id,
                    "month": month.month,
                    "amount_idr": month.amount_idr,
                    "live": True,
                }
                for debit, payment_id in pairs
                for month in debit.months
            ],
        ),
    )
    session.execute(
        insert_all(
            PaymentMove,
            [
                {
                    "payment_id": payment_id,
                    "to_state": PaymentState.CREATED,
                    "at": moment,
                    "by": BY,
                    "report": {},
                }
                for payment_id in payments
            ],
        ),
    )


def _claim_questions(session: Session, calls: Sequence[Call], moment: datetime) -> None:
    session.execute(
        insert_all(
            ProviderRequest,
            [
                {
                    "payment_id": call.payment_id,
                    "channel": call.channel,
                    "action": Action.CHECK,
                    "by": BY,
                    "asked_at": moment,
                    "next_try_at": moment,
                    "claimed_until": moment + LEASE,
                    "tries": 1,
                }
                for call in calls
            ],
        ),
    )


def _payment_row(
    debit: Debit,
    facts: Facts,
    channels: Mapping[str, MandateChannel],
    people: Mapping[int, tuple[str, int | None]],
    moment: datetime,
) -> dict[str, Any]:
    channel = channels[facts.mandates[debit.mandate_id].channel]
    return {
        "reference": new_reference(),
        "key": f"debit-{debit.id}-{debit.tries + 1}",
        "request_hash": f"{debit.id}:{debit.tries + 1}".encode(),
        "worker_id": debit.worker_id,
        "agent_id": people[debit.worker_id][1],
        "office_id": debit.office_id,
        "mandate_id": debit.mandate_id,
        "channel": channel.name,
        "custody": channel.custody,
        "clearing": channel.clearing or channel.name,
        "amount_idr": debit.amount_idr,
        "created_at": moment,
        "next_check_at": moment + FIRST_CHECK,
    }


def _call(
    debit: Debit, payment_id: int, reference: str, *, mandate: MandateRow, payer: str, at: datetime
) -> Call:
    return Call(
        payment_id=payment_id,
        channel=mandate.channel,
        request=PaymentRequest(
            reference=reference,
            amount_idr=debit.amount_idr,
            payer_name=payer,
            description=described([month.month for month in debit.months]),
            return_url=mandate.return_url,
            payer=Payer(kind=PayerKind.WORKER, id=debit.worker_id),
            mandate=mandate.handle,
        ),
        written_at=at,
    )


def _people(session: Session, debits: Sequence[Debit]) -> dict[int, tuple[str, int | None]]:
    rows = session.execute(
        select(Worker.id, Worker.name, Worker.agent_id).where(
            among(Worker.id, {debit.worker_id for debit in debits})
        )
    )
    return {worker_id: (name, agent_id) for worker_id, name, agent_id in rows}


def _open_runs(session: Session, debits: Sequence[Debit]) -> set[int]:
    """The runs of these debits that are not closed yet."""
    ids = {debit.run_id for debit in debits if debit.run_id is not None}
    if not ids:
        return set()
    return set(
        session.scalars(
            select(DebitRun.id).where(DebitRun.id.in_(ids), DebitRun.closed_at.is_(None))
        )
    )
