"""Old and young rows of each kind, and old ones that something open holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from agentsys import clock
from agentsys.data_rights.models import DataRequest, DataRequestKind
from agentsys.events.models import EventDelivery, StoredEvent
from agentsys.extension.contract import PaymentState
from agentsys.payments.debit_models import DebitTry, NoticeState
from agentsys.payments.link_models import PageCode, PayLink
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, StoredCallback
from agentsys.people.models import UserSession
from agentsys.retention.settings import Kept
from agentsys.workers.models import Funding, Programmes, Roster, RosterNote, RosterStatus
from tests.debit_factories import make_debit, make_mandate, make_notice
from tests.factories import make_contribution, make_payment, make_worker
from tests.payments.world import World
from tests.retention.statement_rows import Rows, added, statement_files

_numbers = itertools.count(1)
OLD = timedelta(days=5 * 366)


def make(kind: Kept, world: World) -> Rows:
    """Two old rows, a young one, and held ones."""
    return _MAKERS[kind](world, clock.now() - OLD, clock.now())


def _case(world: World, payment: Payment | None = None, callback_id: int | None = None) -> Case:
    case = Case(
        kind=CaseKind.PAID_LATE,
        subject=f"kasus-{next(_numbers)}",
        payment_id=payment.id if payment else None,
        office_id=world.office_id,
        callback_id=callback_id,
        facts={},
    )
    world.session.add(case)
    world.session.flush()
    return case


def _asks(world: World) -> int:
    """A worker whose request about personal data is open."""
    worker = make_worker(world.session, world.vault, agent=world.agent)
    added(
        world.session,
        DataRequest(
            worker_id=worker.id,
            office_id=world.office_id,
            kind=DataRequestKind.COPY,
            asked_how="surat",
            asked_by=world.finance.id,
            due_at=clock.now(),
        ),
    )
    return worker.id


def _callbacks(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime, reference: str = "", **more: Any) -> StoredCallback:
        number = next(_numbers)
        values = {"outcome": Outcome.NOTHING_NEW, "processed_at": at} | more
        return StoredCallback(
            channel="gopay",
            digest=str(number).encode(),
            reference=reference or f"AG-{number}",
            headers={},
            body=b"x" * 300,
            received_at=at,
            **values,
        )

    session = world.session
    open_, with_case = _payment(world, PaymentState.EXPIRED), _payment(world, PaymentState.EXPIRED)
    open_.state = PaymentState.PENDING
    _case(world, with_case)
    due = added(session, one(old), one(old))
    held = added(
        session,
        one(old, outcome=Outcome.TO_CHECK),
        one(old, outcome=None, processed_at=None, next_try_at=now),
        one(old, with_case.reference),
        one(old, open_.reference),
        one(old),
    )
    _case(world, callback_id=held[-1].id)
    return Rows(due, added(session, one(now)), held)


def _events(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime) -> StoredEvent:
        return StoredEvent(at=at, kind="test", data={"x": 1})

    held = added(world.session, one(old))
    added(world.session, EventDelivery(event_id=held[0].id, plugin="", next_try_at=now))
    due = added(world.session, one(old), one(old))
    return Rows(due, added(world.session, one(now)), held)


def _notes(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime, **more: Any) -> list[RosterNote]:
        number = next(_numbers)
        values = {"status": RosterStatus.DONE, "rows_total": 1, "rejected": 1} | more
        (roster,) = added(
            world.session,
            Roster(
                office_id=world.office_id,
                agent_id=world.agent.id,
                filename="daftar.xlsx",
                sha256=number.to_bytes(32),
                programmes=Programmes.TWO,
                funding=Funding.SELF,
                from_month=clock.this_month(),
                uploaded_at=at,
                **values,
            ),
        )
        texts = {"sheet": "S", "column": "NIK", "problem": "nik_short", "shown": "1", "advice": "x"}
        return added(
            world.session,
            *(
                RosterNote(roster_id=roster.id, number=place, rejected=True, row=place, **texts)
                for place in (1, 2)
            ),
        )

    held = one(old) + one(old, status=RosterStatus.PAUSED, rejected=0)
    due = one(old, handled_at=old)
    return Rows(due, one(now, handled_at=now), held)


def _links(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime, worker_id: int = 0) -> PayLink:
        return PayLink(
            token=f"tautan-{next(_numbers)}",
            worker_id=worker_id or world.worker.id,
            expires_at=at,
        )

    held = added(world.session, one(old, _asks(world)))
    due = added(world.session, one(old), one(old))
    return Rows(due, added(world.session, one(now)), held)


def _codes(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime, worker_id: int = 0) -> PageCode:
        return PageCode(worker_id=worker_id or world.worker.id, code_hash=b"x", expires_at=at)

    held = added(world.session, one(old, _asks(world)))
    due = added(world.session, one(old), one(old))
    return Rows(due, added(world.session, one(now)), held)


def _payment(world: World, state: PaymentState, at: datetime | None = None) -> Payment:
    worker = make_worker(world.session, world.vault, agent=world.agent)
    owed = make_contribution(world.session, worker)
    return make_payment(
        world.session,
        worker,
        [owed],
        state=state,
        created_at=at or clock.now() - OLD,
        next_check_at=None,
    )


def _payments(world: World, old: datetime, now: datetime) -> Rows:
    due = [_payment(world, PaymentState.EXPIRED), _payment(world, PaymentState.FAILED)]
    young = [_payment(world, PaymentState.EXPIRED, now), world.collect(world.months[:1])]
    held = [_payment(world, PaymentState.PENDING), _payment(world, PaymentState.EXPIRED)]
    _case(world, held[-1])
    return Rows(due, young, held)


def _notices(world: World, old: datetime, now: datetime) -> Rows:
    session = world.session

    def one(at: datetime, state: NoticeState) -> Any:
        worker = make_worker(session, world.vault, agent=world.agent)
        owed = make_contribution(session, worker)
        debit = make_debit(session, make_mandate(session, worker), owed)
        debit.state = "withdrawn"
        return make_notice(session, debit, prepared_at=at, state=state)

    due = [one(old, NoticeState.REPLACED), one(old, NoticeState.HANDED_OVER)]
    used = one(old, NoticeState.REPLACED)
    paid = _payment(world, PaymentState.EXPIRED, now)
    added(
        session, DebitTry(debit_id=used.debit_id, try_no=1, payment_id=paid.id, notice_id=used.id)
    )
    return Rows(due, [one(now, NoticeState.REPLACED)], [used, one(old, NoticeState.PREPARED)])


def _sessions(world: World, old: datetime, now: datetime) -> Rows:
    def one(at: datetime, until: datetime | None = None) -> UserSession:
        number = next(_numbers)
        return UserSession(
            user_id=world.finance.id,
            token_hash=f"a{number}".encode(),
            remember_hash=f"b{number}".encode() if until else None,
            remembered_until=until,
            client="x",
            signed_in_at=at,
            began_at=at,
            last_seen_at=at,
        )

    due = added(world.session, one(old), one(old, old))
    return Rows(due, added(world.session, one(now), one(old, now)), [])


_MAKERS: Mapping[Kept, Callable[[World, datetime, datetime], Rows]] = {
    Kept.CALLBACK: _callbacks,
    Kept.EVENT: _events,
    Kept.ROSTER_NOTE: _notes,
    Kept.PAY_LINK: _links,
    Kept.PAGE_CODE: _codes,
    Kept.EXPIRED_PAYMENT: _payments,
    Kept.NOTICE: _notices,
    Kept.SESSION: _sessions,
    Kept.STATEMENT_FILE: statement_files,
}
