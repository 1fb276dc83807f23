"""Many debits that are due now, committed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import transaction
from agentsys.extension.contract import MandateState
from agentsys.payments.mandate_models import Mandate
from agentsys.runtime import KEY
from agentsys.workers.models import Worker
from tests.debit_factories import make_due_debit, make_mandate
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.mandates.account import Account, DictDebit


def many_due(app: Flask, count: int) -> DictDebit:
    """A channel whose accounts consented, with so many debits that are due and announced."""
    channel = DictDebit()
    with app.app_context(), transaction() as session:
        agent = make_agent(session)
        for number in range(count):
            worker = make_worker(session, app.extensions[KEY].vault, agent=agent)
            owed = make_contribution(session, worker, clock.this_month())
            handle = f"account-{number}"
            channel.accounts[handle] = Account(state=MandateState.ACTIVE)
            make_due_debit(session, agreed_mandate(session, worker, handle, channel), owed)
    return channel


def agreed_mandate(
    session: Session, worker: Worker, handle: str, channel: DictDebit, **values: Any
) -> Mandate:
    """A mandate of a worker with consent for some days."""
    moment = clock.now()
    given = {
        "reference": handle,
        "key": handle,
        "handle": handle,
        "channel": channel.name,
        "cap_idr": 100_000,
        "month_cap_idr": 100_000,
        "debit_day": 1,
        "consented_at": moment - timedelta(days=9),
    }
    return make_mandate(session, worker, **(given | values))
