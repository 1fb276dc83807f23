"""NIKs that workers had before they were corrected."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.workers import seals
from agentsys.workers.models import Worker
from agentsys.workers.nik import Nik
from agentsys.workers.nik_models import EarlierNik


def worker_id_of(session: Session, *, index: bytes, birth_date: date) -> int | None:
    """The worker who had this NIK before a correction and was born on that day.

    The day is compared, because a mistyped NIK may be the right one of somebody else.
    """
    return session.scalar(
        select(EarlierNik.worker_id)
        .join(Worker, Worker.id == EarlierNik.worker_id)
        .where(EarlierNik.nik_index == index, Worker.birth_date == birth_date)
        .order_by(EarlierNik.id.desc())
        .limit(1)
    )


def replace(session: Session, *, vault: Vault, worker: Worker, nik: Nik) -> None:
    """Give a worker another NIK, and keep the one that was recorded until now.

    Encrypted values are bound to the NIK of their row, so they are encrypted anew.
    """
    old = worker.nik_index
    number = vault.open(worker.nik_sealed, seals.nik_of(old))
    kk = vault.open(worker.kk_sealed, seals.kk_of(old)) if worker.kk_sealed else None
    session.add(
        EarlierNik(
            worker_id=worker.id,
            nik_sealed=vault.seal(number, seals.earlier_nik_of(old)),
            nik_index=old,
            nik_masked=worker.nik_masked,
        )
    )
    index = vault.index(nik.text)
    worker.nik_index, worker.nik_masked = index, nik.masked
    worker.nik_sealed = vault.seal(nik.text, seals.nik_of(index))
    worker.kk_sealed = vault.seal(kk, seals.kk_of(index)) if kk else None
    session.flush()
