"""Inviting a worker to auto-debit: a personal link, on which only the worker can consent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, NotFound
from agentsys.payments import links
from agentsys.payments.debit_models import Debit, Notice, NoticeState
from agentsys.payments.link_models import LinkKind
from agentsys.payments.links import ValidLink
from agentsys.payments.mandate_models import Mandate, MandateWorker
from agentsys.payments.mandates import notices
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker

MOST_A_DAY = 10  # mandates asked for one worker: each is a question to a provider


def invite(session: Session, *, worker_id: int, actor_id: int | None) -> ValidLink:
    """A link to the worker's own page: the newest one that is valid, or a new one."""
    known = links.newest_link(session, worker_id=worker_id, kind=LinkKind.OWN)
    if known is not None:
        return known
    link = links.make_link(session, worker_id=worker_id, actor_id=actor_id, kind=LinkKind.OWN)
    trail.record(
        session,
        actor_id=actor_id,
        action="mandate.invited",
        subject=f"worker:{worker_id}",
        details={},
    )
    return link


def check_limit(session: Session, *, worker_id: int) -> None:
    """Refuse to ask a provider for one worker's consent again and again.

    The worker stays locked, so that requests at one moment are counted one after another.
    """
    session.execute(select(Worker.id).where(Worker.id == worker_id).with_for_update(key_share=True))
    asked = session.scalar(
        select(func.count())
        .select_from(MandateWorker)
        .join(Mandate, Mandate.id == MandateWorker.mandate_id)
        .where(
            MandateWorker.worker_id == worker_id,
            Mandate.asked_at > clock.now() - timedelta(days=1),
        )
    )
    if (asked or 0) >= MOST_A_DAY:
        raise Conflict("Sudah terlalu sering dicoba hari ini. Coba lagi besok, atau hubungi agen.")


def worker_of_notice(session: Session, user: User, *, notice_id: int) -> int:
    """The worker of a notice; NotFound unless the user manages the worker."""
    worker_id = session.scalar(
        select(Notice.worker_id)
        .join(Worker, Worker.id == Notice.worker_id)
        .where(
            Notice.id == notice_id,
            scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.MANDATE_INVITE),
        )
    )
    if worker_id is None:
        raise NotFound()
    return worker_id


def hand_over(session: Session, user: User, *, notice_id: int) -> int:
    """The user sent the prepared message of a notice; the worker's id."""
    worker_id = worker_of_notice(session, user, notice_id=notice_id)
    notices.hand_over(session, notice_id=notice_id, actor_id=user.id)
    return worker_id


def confirm_read(session: Session, user: User, *, notice_id: int) -> None:
    """The worker told the user that the message was read: it counts from now on.

    Refused before the message was sent. Who said so is in the audit trail.
    """
    worker_id = worker_of_notice(session, user, notice_id=notice_id)
    state = session.scalar(select(Notice.state).where(Notice.id == notice_id))
    if state is NoticeState.PREPARED:
        raise Conflict("Kirim dulu pesannya, lalu catat setelah pekerja mengatakan sudah membaca.")
    notices.count(session, notice_id=notice_id, state=NoticeState.CONFIRMED)
    trail.record(
        session,
        actor_id=user.id,
        action="notice.confirmed",
        subject=f"worker:{worker_id}",
        details={"notice": notice_id},
    )


def worker_of_debit(session: Session, user: User, *, debit_id: int) -> int:
    """The worker of a debit; NotFound unless the user manages the worker."""
    worker_id = session.scalar(
        select(Debit.worker_id)
        .join(Worker, Worker.id == Debit.worker_id)
        .where(
            Debit.id == debit_id,
            scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.MANDATE_INVITE),
        )
    )
    if worker_id is None:
        raise NotFound()
    return worker_id
