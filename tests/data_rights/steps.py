"""What workers ask in tests of data rights."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.data_rights import requests
from agentsys.data_rights.models import DataRequest, DataRequestKind
from agentsys.people.models import User
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)
HE_CAME = "Datang sendiri, KTP dicocokkan"


def ask(session: Session, worker: Worker, kind: DataRequestKind, by: User) -> DataRequest:
    return requests.ask(session, worker_id=worker.id, kind=kind, asked_how=HE_CAME, actor_id=by.id)


def carry_out(session: Session, vault: Vault, asked: DataRequest, by: User) -> DataRequest:
    return requests.done(
        session, vault=vault, request_id=asked.id, note="Diberi tahu lewat telepon", actor_id=by.id
    )


def ended_since(session: Session, worker: Worker, until: date) -> None:
    """The membership ended some months ago."""
    enrolment = session.scalars(select(Enrolment).where(Enrolment.worker_id == worker.id)).one()
    enrolment.until_month, enrolment.end_reason = until, EndReason.WISHED
    enrolment.end_note, enrolment.ended_at = "Kata istrinya, Bu Aminah", clock.now()
    session.flush()
