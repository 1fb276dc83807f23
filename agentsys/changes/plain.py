"""Changes that are made at once: phone, address, work, the KK number and the like."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.changes.fields import (
    ECOSYSTEM,
    GROUP,
    KK,
    WORK,
    read_at_once,
    tidy_at_once,
    version_at_once,
)
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.ending import locked_worker
from agentsys.workers import family_card, groups
from agentsys.workers.kinds import Ecosystem, Work
from agentsys.workers.models import Worker


def change(
    session: Session,
    *,
    vault: Vault,
    worker_id: int,
    values: Mapping[str, str],
    version: str,
    reason: str,
    actor_id: int,
) -> dict[str, str]:
    """Change fields of a worker for a reason; the changed ones with their new values.

    `version` is that of the values for which the form was filled in. An empty KK number leaves the
    present one.
    """
    worker = locked_worker(session, worker_id)
    before = read_at_once(worker)
    if version != version_at_once(worker):
        raise Conflict(
            "Data pekerja ini baru saja diubah orang lain. Muat ulang halaman, lalu ubah lagi."
        )
    after = {
        name: value
        for name, text in values.items()
        if name in before and (value := tidy_at_once(name, text)) != before[name]
    }
    before |= {KK: family_card.masked_of(vault, worker)}
    kk = family_card.parse(values.get(KK, ""))
    if kk and family_card.replace(vault, worker, kk):
        after[KK] = family_card.mask(kk)
    if not after:
        raise Invalid("Belum ada yang diubah.")
    why = reason_of(reason)
    if after.keys() & {ECOSYSTEM, GROUP}:
        _move(session, worker, before, after)
    for name in after.keys() - {KK, WORK, ECOSYSTEM, GROUP}:
        setattr(worker, name, after[name])
    if WORK in after:
        worker.work = Work(after[WORK]) if after[WORK] else None
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


def _move(session: Session, worker: Worker, before: dict[str, str], after: dict[str, str]) -> None:
    """Put the worker into the ecosystem and group; the names of groups are what is recorded."""
    ecosystem = after.get(ECOSYSTEM, before[ECOSYSTEM])
    chosen = Ecosystem(ecosystem) if ecosystem else None
    if GROUP in after:
        before[GROUP] = groups.name_of(session, worker.group_id)
        group_id = int(after[GROUP]) if after[GROUP] else None
        member = groups.checked(
            session, office_id=worker.office_id, ecosystem=chosen, group_id=group_id
        )
        chosen, worker.group_id = member.ecosystem, member.group_id
        after[GROUP] = groups.name_of(session, member.group_id)
    if (chosen.value if chosen else "") != before[ECOSYSTEM]:
        after[ECOSYSTEM] = chosen.value if chosen else ""
    worker.ecosystem = chosen


def reason_of(text: str) -> str:
    """The reason in one line; Invalid without one."""
    reason = " ".join(text.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasannya, misalnya: salah ketik, sesuai KTP baru.", about="reason")
    return reason
