"""Many debits that are due now, committed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import transaction
from agentsys.extension.contract import MandateState
from agentsys.payments.debit_models import (
    Debit,
    DebitMonth,
    DebitState,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate, MandateWorker, Relation
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.mandates.account import Account, DictDebit
from tests.payments.world import PRICE


def many_due(app: Flask, count: int) -> DictDebit:
    """A channel whose accounts consented, with so many debits that are due and announced."""
    channel = DictDebit()
    with app.app_context(), transaction() as session:
        agent = make_agent(session)
        for number in range(count):
            worker = make_worker(session, app.extensions[KEY].vault, agent=agent)
            make_contribution(session, worker, clock.this_month())
            handle = f"account-{number}"
            channel.accounts[handle] = Account(state=MandateState.ACTIVE)
            announced(session, agreed_mandate(session, worker, handle, channel), worker)
    return channel


def agreed_mandate(
    session: Session, worker: Worker, handle: str, channel: DictDebit, **values: Any
) -> Mandate:
    """A mandate of a worker with consent."""
    moment = clock.now()
    given = {
        "reference": handle,
        "key": handle,
        "channel": channel.name,
        "office_id": worker.office_id,
        "holder_name": "Pemilik",
        "phone_sealed": b"",
        "phone_index": b"",
        "cap_idr": 100_000,
        "month_cap_idr": 100_000,
        "debit_day": 1,
        "consent_text": "2026-11",
        "consented_at": moment - timedelta(days=9),
        "state": MandateState.ACTIVE,
        "handle": handle,
        "workers": [MandateWorker(worker_id=worker.id, relation=Relation.SELF, since=moment)],
    }
    mandate = Mandate(**(given | values))
    session.add(mandate)
    session.flush()
    return mandate


def announced(session: Session, mandate: Mandate, worker: Worker) -> None:
    """A debit that is due now, of which the payer opened the notice two days ago."""
    moment, month = clock.now(), clock.this_month()
    today = moment.date()
    debit = Debit(
        mandate_id=mandate.id,
        worker_id=worker.id,
        office_id=worker.office_id,
        period=month,
        first_on=today,
        due_on=today,
        last_on=today + timedelta(days=9),
        amount_idr=PRICE,
        state=DebitState.ANNOUNCED,
        look_at=moment,
        months=[DebitMonth(worker_id=worker.id, month=month, amount_idr=PRICE)],
    )
    session.add(debit)
    session.flush()
    session.add(
        Notice(
            kind=NoticeKind.DEBIT,
            mandate_id=mandate.id,
            debit_id=debit.id,
            worker_id=worker.id,
            amount_idr=PRICE,
            debit_on=today,
            state=NoticeState.OPENED,
            counted_at=moment - timedelta(days=2),
        )
    )
