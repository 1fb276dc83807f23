"""Workers with auto-debit in every shape that pages show, written as rows."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import MandateState
from agentsys.months import add_months
from agentsys.payments import links
from agentsys.payments.debit_models import (
    Debit,
    DebitMonth,
    DebitState,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.link_models import LinkKind
from agentsys.payments.mandate_models import Mandate, MandateWorker, Relation
from agentsys.workers.models import Worker
from tests.factories import make_contribution, make_worker
from tests.payments.world import World

CHANNEL = "gopay_debit"


def own_token(session: Session, worker: Worker) -> str:
    """A personal link of the worker."""
    return links.make_link(session, worker_id=worker.id, actor_id=None, kind=LinkKind.OWN).token


def make_mandate(session: Session, worker: Worker, **values: object) -> Mandate:
    """An active mandate of the worker."""
    moment = clock.now()
    mandate = Mandate(
        **(
            {
                "reference": f"M-{worker.id}-{secrets.token_hex(4)}",
                "key": secrets.token_hex(16),
                "channel": CHANNEL,
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
            | values
        ),
        workers=[MandateWorker(worker_id=worker.id, relation=Relation.SELF, since=moment)],
    )
    session.add(mandate)
    session.flush()
    return mandate


def make_debit(
    session: Session, mandate: Mandate, contribution: Contribution, **values: object
) -> Debit:
    """A debit of one month that is announced for a day of this month or the next."""
    period = add_months(clock.this_month(), 1)
    day = period.replace(day=10)
    debit = Debit(
        **(
            {
                "mandate_id": mandate.id,
                "worker_id": contribution.worker_id,
                "office_id": mandate.office_id,
                "period": period,
                "first_on": day,
                "due_on": day,
                "last_on": period.replace(day=27),
                "amount_idr": contribution.amount_idr,
                "state": DebitState.ANNOUNCED,
                "look_at": clock.now() + timedelta(days=1),
            }
            | values
        ),
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


def make_notice(session: Session, debit: Debit, **values: object) -> Notice:
    """A notice of the debit that nobody sent yet."""
    notice = Notice(
        **(
            {
                "kind": NoticeKind.DEBIT,
                "mandate_id": debit.mandate_id,
                "debit_id": debit.id,
                "worker_id": debit.worker_id,
                "amount_idr": debit.amount_idr,
                "debit_on": debit.due_on,
            }
            | values
        )
    )
    session.add(notice)
    session.flush()
    return notice


def auto_debits(world: World) -> dict[str, list[Any]]:
    """A worker to invite, one whose debit is announced, one who paused, and one to visit."""
    session = world.session
    workers = [
        make_worker(session, world.vault, agent=world.agent, phone=f"+62812000077{number}")
        for number in range(4)
    ]
    owed = [make_contribution(session, worker) for worker in workers]
    _invited, announced, paused, failed = workers
    debit = make_debit(session, make_mandate(session, announced), owed[1])
    sent = make_notice(session, debit, state=NoticeState.HANDED_OVER, handed_over_at=clock.now())
    make_mandate(session, paused, paused_until=clock.now().date() + timedelta(days=9))
    visit = make_debit(
        session,
        make_mandate(session, failed),
        owed[3],
        state=DebitState.GIVEN_UP,
        ended_at=clock.now(),
        look_at=None,
    )
    told = make_notice(session, visit, kind=NoticeKind.FAILED, debit_on=None)
    return {
        "token": [own_token(session, worker) for worker in workers],
        "worker_id": [worker.id for worker in workers],
        "notice_id": [sent.id, told.id],
        "debit_id": [visit.id],
    }
