"""Taking back a version of a sponsor's list that nobody was billed for."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason, VersionState
from agentsys.agreements.models import AgreementMember, ListVersion
from agentsys.audit import trail
from agentsys.errors import Conflict
from agentsys.sponsors import members, payers

_BILLED = text("""
SELECT EXISTS (
    SELECT FROM agreement_members m JOIN contributions c ON c.worker_id = m.worker_id
    JOIN bills b ON b.id = c.bill_id AND b.agreement_id = m.agreement_id
    WHERE m.version_id = :version_id AND c.month >= :month AND b.state <> 'open'
)
""")
_GONE = text("""
DELETE FROM agreement_members
WHERE version_id = :version_id AND worker_id = ANY (CAST(:ids AS bigint[]))
""")
_FORGET = text("DELETE FROM version_people WHERE version_id = :version_id")
# Whom the version let go is named again, as before.
_BACK = text("""
UPDATE agreement_members SET until_month = NULL, why_left = NULL, left_note = ''
WHERE agreement_id = :agreement_id AND until_month = :month AND why_left = 'off_list'
    AND left_note = :decree
RETURNING worker_id
""")
# Who paid for himself before goes on paying for himself.
_OWN_AGAIN = text("""
UPDATE enrolments SET until_month = NULL, end_reason = NULL, ended_at = NULL, ended_by = NULL
WHERE worker_id = ANY (CAST(:ids AS bigint[])) AND agreement_id IS NULL
    AND until_month = :month AND end_reason = 'sponsor_ended'
""")


def undo(
    session: Session, *, version_id: int, removed: Collection[int], actor_id: int
) -> ListVersion:
    """Take back a version: whom it added is named no more, whom it let go is named again.

    `removed` are workers whose records go too. Conflict if a bill with its people was sent, or if a
    later version was applied.
    """
    version = session.get_one(ListVersion, version_id, with_for_update=True, populate_existing=True)
    if version.state is VersionState.APPLIED:
        _take_back(session, version, removed, actor_id)
    session.execute(_FORGET, {"version_id": version_id})
    version.state, version.decided_by = VersionState.UNDONE, actor_id
    version.decided_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="list_version.undone",
        subject=f"agreement:{version.agreement_id}",
        details={"version": version.number, "decree": version.decree},
    )
    return version


def check(session: Session, version: ListVersion) -> None:
    """Conflict if a bill with the version's people was sent, or a later version was applied."""
    later = select(ListVersion.id).where(
        ListVersion.agreement_id == version.agreement_id,
        ListVersion.number > version.number,
        ListVersion.state == VersionState.APPLIED,
    )
    if session.scalar(later.limit(1)) is not None:
        raise Conflict("Sesudah daftar ini sudah ada daftar lain yang diterapkan.")
    billed = {"version_id": version.id, "month": version.from_month}
    if session.execute(_BILLED, billed).scalar_one():
        raise Conflict("Tagihan untuk pekerja dari daftar ini sudah dikirim ke sponsor.")


def _take_back(
    session: Session, version: ListVersion, removed: Collection[int], actor_id: int
) -> None:
    values = {
        "version_id": version.id,
        "agreement_id": version.agreement_id,
        "month": version.from_month,
        "decree": version.decree[:200],
    }
    check(session, version)
    session.execute(_GONE, {**values, "ids": sorted(removed)})
    added = session.scalars(
        select(AgreementMember.worker_id).where(
            AgreementMember.version_id == version.id, AgreementMember.until_month.is_(None)
        )
    ).all()
    members.leave(
        session,
        agreement_id=version.agreement_id,
        worker_ids=added,
        month=version.from_month,
        why=LeaveReason.UNDONE,
        note=version.decree,
    )
    back = session.scalars(_BACK, values).all()
    session.expire_all()
    payers.settle(session, worker_ids=[*added, *back], since=version.from_month, actor_id=actor_id)
    session.execute(_OWN_AGAIN, {"ids": list(added), "month": version.from_month})
