"""Factories of mandates, debits and notices with defaults."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import MandateState
from agentsys.months import add_months
from agentsys.payments.debit_models import (
    Debit,
    DebitMonth,
    DebitState,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate, MandateWorker, Relation
from agentsys.workers.models import Worker


def make_mandate(session: Session, worker: Worker, **values: Any) -> Mandate:
    """An active mandate of the worker, with consent."""
    moment = clock.now()
    mandate = Mandate(
        **{
            "reference": f"M-{worker.id}-{secrets.token_hex(4)}",
            "key": secrets.token_hex(16),
            "channel": "gopay_debit",
            "office_id": worker.office_id,
            "holder_name": worker.name,
            "phone_sealed": b"x",
            "phone_index": b"x",
            "cap_idr": 60_000,
            "month_cap_idr": 60_000,
            "debit_day": 10,
            "consent_text": "2026-11",
            "state": MandateState.ACTIVE,
            "consented_at": moment,
        }
        | values,
        workers=[MandateWorker(worker_id=worker.id, relation=Relation.SELF, since=moment)],
    )
    session.add(mandate)
    session.flush()
    return mandate


def make_debit(
    session: Session, mandate: Mandate, contribution: Contribution, **values: Any
) -> Debit:
    """A debit of one month that is announced for the tenth of the next month."""
    period = add_months(clock.this_month(), 1)
    debit = Debit(
        **{
            "mandate_id": mandate.id,
            "worker_id": contribution.worker_id,
            "office_id": mandate.office_id,
            "period": period,
            "first_on": period.replace(day=10),
            "due_on": period.replace(day=10),
            "last_on": period.replace(day=27),
            "amount_idr": contribution.amount_idr,
            "state": DebitState.ANNOUNCED,
            "look_at": clock.now() + timedelta(days=1),
        }
        | values,
        months=[
            DebitMonth(
                worker_id=contribution.worker_id,
                month=contribution.month,
                amount_idr=contribution.amount_idr,
            )
        ],
    )
    session.add(debit)
    session.flush()
    return debit


def make_notice(session: Session, debit: Debit, **values: Any) -> Notice:
    """A notice of the debit that nobody sent yet."""
    notice = Notice(
        **{
            "kind": NoticeKind.DEBIT,
            "mandate_id": debit.mandate_id,
            "debit_id": debit.id,
            "worker_id": debit.worker_id,
            "amount_idr": debit.amount_idr,
            "debit_on": debit.due_on,
        }
        | values
    )
    session.add(notice)
    session.flush()
    return notice


def make_due_debit(session: Session, mandate: Mandate, contribution: Contribution) -> Debit:
    """A debit that is due now, of which the payer opened the notice two days ago."""
    moment = clock.now()
    today = moment.date()
    debit = make_debit(
        session,
        mandate,
        contribution,
        period=contribution.month,
        first_on=today,
        due_on=today,
        last_on=today + timedelta(days=9),
        look_at=moment,
    )
    make_notice(session, debit, state=NoticeState.OPENED, counted_at=moment - timedelta(days=2))
    return debit
