"""Changes that are made at once: phone, address, work and the like."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.changes.fields import AT_ONCE, read_at_once, tidy_at_once, version_of
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.ending import locked_worker


def change(
    session: Session,
    *,
    worker_id: int,
    values: Mapping[str, str],
    version: str,
    reason: str,
    actor_id: int,
) -> dict[str, str]:
    """Change fields of a worker for a reason; the changed ones with their new values.

    `version` is that of the values for which the form was filled in.
    """
    worker = locked_worker(session, worker_id)
    before = read_at_once(worker)
    if version != version_of(before):
        raise Conflict(
            "Data pekerja ini baru saja diubah orang lain. Muat ulang halaman, lalu ubah lagi."
        )
    after = {
        name: value
        for name, text in values.items()
        if name in AT_ONCE and (value := tidy_at_once(name, text)) != before[name]
    }
    if not after:
        raise Invalid("Belum ada yang diubah.")
    why = reason_of(reason)
    for name, value in after.items():
        setattr(worker, name, value)
    worker.updated_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="worker.changed",
        subject=f"worker:{worker_id}",
        details={"before": {name: before[name] for name in after}, "after": after, "reason": why},
    )
    return after


def reason_of(text: str) -> str:
    """The reason in one line; Invalid without one."""
    reason = " ".join(text.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasannya, misalnya: salah ketik, sesuai KTP baru.", about="reason")
    return reason
