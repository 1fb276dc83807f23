"""Workers with auto-debit in every shape that pages show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.payments import links
from agentsys.payments.debit_models import (
    DebitRun,
    DebitState,
    ListedDebit,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.link_models import LinkKind
from agentsys.workers.models import Worker
from tests.debit_factories import make_debit, make_mandate, make_notice
from tests.factories import make_contribution, make_worker
from tests.payments.world import World


def own_token(session: Session, worker: Worker) -> str:
    """A personal link of the worker."""
    return links.make_link(session, worker_id=worker.id, actor_id=None, kind=LinkKind.OWN).token


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
    yesterday = clock.now().date() - timedelta(days=1)
    day = DebitRun(
        office_id=visit.office_id, day=yesterday, planned=1, planned_idr=visit.amount_idr
    )
    session.add(day)
    session.flush()
    session.add(ListedDebit(run_id=day.id, debit_id=visit.id))
    told = make_notice(session, visit, kind=NoticeKind.FAILED, debit_on=None)
    return {
        "token": [own_token(session, worker) for worker in workers],
        "worker_id": [worker.id for worker in workers],
        "notice_id": [sent.id, told.id],
        "debit_id": [visit.id],
        "run_id": [day.id],
    }
