"""Groups of an office's workers: adding, renaming and closing them, and those that lists name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.names import tidy_name
from agentsys.people.offices import check_open
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import LONGEST_GROUP, Ecosystem, GroupKind

# In which ecosystem a group of this kind is, if nobody said another one.
USUAL: Mapping[GroupKind, Ecosystem] = {
    GroupKind.VILLAGE: Ecosystem.DESA,
    GroupKind.RT: Ecosystem.DESA,
    GroupKind.MARKET: Ecosystem.PASAR,
    GroupKind.PLATFORM: Ecosystem.ECOMMERCE,
    GroupKind.COOPERATIVE: Ecosystem.DESA,
    GroupKind.OTHER: Ecosystem.DESA,
}
_TAKEN = "Kelompok dengan jenis dan nama itu sudah ada. Buka lagi kelompok itu bila ditutup."


class Named(NamedTuple):
    """A group as a list names it."""

    ecosystem: str
    kind: str
    name: str


class Membership(NamedTuple):
    """The ecosystem and the group of a worker, both as they are stored."""

    ecosystem: Ecosystem | None
    group_id: int | None


_ENSURE = text("""
INSERT INTO worker_groups (office_id, ecosystem, kind, name, created_by, created_at)
SELECT DISTINCT ON (w.kind, lower(w.name)) :office_id, w.ecosystem, w.kind, w.name, :actor_id, :now
FROM unnest(CAST(:ecosystems AS text[]), CAST(:kinds AS text[]), CAST(:names AS text[]))
    WITH ORDINALITY AS w (ecosystem, kind, name, nth)
ORDER BY w.kind, lower(w.name), w.nth
ON CONFLICT (office_id, kind, lower(name)) DO NOTHING
RETURNING name
""")
_FIND = text("""
SELECT g.id FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[]))
    WITH ORDINALITY AS w (kind, name, nth)
JOIN worker_groups g
    ON g.office_id = :office_id AND g.kind = w.kind AND lower(g.name) = lower(w.name)
ORDER BY w.nth
""")


def ensure(
    session: Session, *, office_id: int, wanted: Collection[Named], actor_id: int | None
) -> dict[Named, int]:
    """The ids of the groups that a list names; those that the office lacks are added.

    Two statements for all of them; capitals make no difference. The audit trail names the new ones.
    """
    if not wanted:
        return {}
    listed = list(wanted)
    values = {
        "office_id": office_id,
        "actor_id": actor_id,
        "now": clock.now(),
        "ecosystems": [group.ecosystem for group in listed],
        "kinds": [group.kind for group in listed],
        "names": [group.name for group in listed],
    }
    added = list(session.scalars(_ENSURE, values))
    if added:
        trail.record(
            session,
            actor_id=actor_id,
            action="group.listed",
            subject=f"office:{office_id}",
            details={"names": sorted(added)},
        )
    found = session.scalars(_FIND, values)
    return dict(zip(listed, found, strict=True))


def add(
    session: Session,
    *,
    office_id: int,
    ecosystem: Ecosystem,
    kind: GroupKind,
    name: str,
    actor_id: int | None,
) -> WorkerGroup:
    """Add a group; Conflict if the office has one of this kind and name."""
    check_open(session, office_id)
    group = WorkerGroup(
        office_id=office_id,
        ecosystem=ecosystem,
        kind=kind,
        name=tidy(name),
        created_by=actor_id,
    )
    _check_free(session, group, group.name)
    session.add(group)
    _flush(session)
    _record(session, group, "group.added", actor_id, kind=kind, name=group.name)
    return group


def rename(
    session: Session, *, group_id: int, ecosystem: Ecosystem, name: str, actor_id: int
) -> None:
    """Give a group another name or ecosystem; its workers keep the ecosystem that they have."""
    group = _locked(session, group_id)
    before = {"name": group.name, "ecosystem": group.ecosystem.value}
    after = {"name": tidy(name), "ecosystem": ecosystem.value}
    changed = {part: [before[part], after[part]] for part in after if after[part] != before[part]}
    if not changed:
        raise Invalid("Belum ada yang diubah.")
    _check_free(session, group, after["name"])
    group.name, group.ecosystem = after["name"], ecosystem
    _flush(session)
    _record(session, group, "group.changed", actor_id, **changed)


def close(session: Session, *, group_id: int, actor_id: int) -> None:
    """Do not offer a group any more; its workers stay in it."""
    group = _locked(session, group_id)
    if group.closed_on is not None:
        raise Conflict("Kelompok ini sudah ditutup.")
    group.closed_on = clock.now().date()
    _record(session, group, "group.closed", actor_id, name=group.name)


def reopen(session: Session, *, group_id: int, actor_id: int) -> None:
    """Offer a closed group again."""
    group = _locked(session, group_id)
    if group.closed_on is None:
        raise Conflict("Kelompok ini tidak ditutup.")
    group.closed_on = None
    _record(session, group, "group.opened", actor_id, name=group.name)


def checked(
    session: Session, *, office_id: int, ecosystem: Ecosystem | None, group_id: int | None
) -> Membership:
    """The ecosystem and group of a worker of the office; Invalid for a group that is not open.

    A worker without an ecosystem is in that of the group. Another one than the group's stays: the
    vulnerable workers of an RT are in the RT of others.
    """
    if group_id is None:
        return Membership(ecosystem, None)
    group = session.get(WorkerGroup, group_id)
    if group is None or group.office_id != office_id:
        raise Invalid("Kelompok itu bukan kelompok kantor ini. Pilih dari daftar.", about="group")
    if group.closed_on is not None:
        raise Invalid("Kelompok itu sudah ditutup. Pilih kelompok lain.", about="group")
    return Membership(ecosystem or group.ecosystem, group_id)


def name_of(session: Session, group_id: int | None) -> str:
    """The name of a group; empty without one."""
    if group_id is None:
        return ""
    return session.scalar(select(WorkerGroup.name).where(WorkerGroup.id == group_id)) or ""


def tidy(name: str) -> str:
    """The name as it is stored; Invalid if it is empty or too long."""
    found = tidy_name(name.replace("\0", ""))
    if not found:
        raise Invalid("Tulis nama kelompoknya.", about="name")
    if len(found) > LONGEST_GROUP:
        too_long = "Terlalu panjang: paling banyak {most} huruf."
        raise Invalid(too_long, most=LONGEST_GROUP, about="name")
    return found


def _locked(session: Session, group_id: int) -> WorkerGroup:
    group = session.get(WorkerGroup, group_id, with_for_update=True, populate_existing=True)
    if group is None:
        raise NotFound(group_id=group_id)
    return group


def _check_free(session: Session, group: WorkerGroup, name: str) -> None:
    taken = session.scalar(
        select(WorkerGroup.id).where(
            WorkerGroup.office_id == group.office_id,
            WorkerGroup.kind == group.kind,
            func.lower(WorkerGroup.name) == func.lower(name),
            WorkerGroup.id.is_distinct_from(group.id),
        )
    )
    if taken is not None:
        raise Conflict(_TAKEN, about="name")


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:  # somebody else added it at the same time
        raise Conflict(_TAKEN, about="name") from error


def _record(
    session: Session, group: WorkerGroup, action: str, actor_id: int | None, **details: object
) -> None:
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action=action,
        subject=f"group:{group.id}",
        details=dict(details),
    )
