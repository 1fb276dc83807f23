"""Versions of a sponsor's list (SK): additions, leavers and changes against the one before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording, rules
from agentsys.agreements.kinds import AgreementState, LeaveReason, VersionState
from agentsys.agreements.models import Agreement, ListVersion
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.months import HEAD_OFFICE
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.planning import planned_for
from agentsys.sponsors import members, payers
from agentsys.workers.models import Roster, RosterStatus

_UNDER_WAY = (VersionState.DRAFT, VersionState.WAITING)
_READ = (RosterStatus.DONE, RosterStatus.FAILED, RosterStatus.CANCELLED, RosterStatus.UNDONE)

_PUT = text("""
INSERT INTO version_people (version_id, worker_id, changed)
SELECT :version_id, p.id, p.id = ANY (CAST(:changed AS bigint[]))
FROM unnest(CAST(:ids AS bigint[])) AS p (id)
""")
# Everybody of both lists once: named now or before, or both.
_COMPARE = """
SELECT coalesce(p.worker_id, m.worker_id) AS worker_id,
    CASE WHEN m.worker_id IS NULL THEN 'added' WHEN p.worker_id IS NULL THEN 'left'
        WHEN p.changed THEN 'changed' ELSE 'same' END AS what
FROM (SELECT worker_id, changed FROM version_people WHERE version_id = :version_id) AS p
FULL JOIN (
    SELECT worker_id FROM agreement_members
    WHERE agreement_id = :agreement_id AND until_month IS NULL
) AS m ON m.worker_id = p.worker_id
"""
_COUNT = text(f"SELECT what, count(*) FROM ({_COMPARE}) AS compared GROUP BY what")  # noqa: S608
_OF_KIND = text(f"SELECT worker_id FROM ({_COMPARE}) AS compared WHERE what = :what ORDER BY 1")  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Compared:
    """How a list differs from the people whom the agreement names now."""

    added: int = 0
    left: int = 0
    changed: int = 0
    same: int = 0

    @property
    def left_percent(self) -> float:
        """How much of the agreement's people the list lacks."""
        before = self.left + self.changed + self.same
        return 100 * self.left / before if before else 0.0


def begin(
    session: Session,
    *,
    agreement_id: int,
    decree: str,
    decreed_on: date,
    from_month: date,
    whole: bool,
    actor_id: int,
) -> ListVersion:
    """Begin a version of an agreement's list; `whole` if whoever it lacks is to leave."""
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    decree = " ".join(decree.replace("\0", "").split())
    if not 1 <= len(decree) <= 80:
        raise Invalid("Isi nomor SK daftar, paling banyak 80 huruf.", about="decree")
    if not agreement.from_month <= from_month < agreement.until_month:
        raise Invalid(
            "Perjanjian ini membayar mulai {first_month} sampai sebelum {until_month}. Pilih bulan"
            " di antaranya.",
            first_month=agreement.from_month,
            until_month=agreement.until_month,
            about="from_month",
        )
    found = _of_agreement(session, agreement_id)
    if any(version.state in _UNDER_WAY for version in found):
        raise Conflict("Masih ada daftar perjanjian ini yang belum diputuskan. Selesaikan dulu.")
    version = ListVersion(
        agreement_id=agreement_id,
        number=1 + max((version.number for version in found), default=0),
        decree=decree,
        decreed_on=decreed_on,
        from_month=from_month,
        whole=whole,
        made_by=actor.id,
    )
    session.add(version)
    session.flush()
    _record(session, version, "begun", actor.id)
    return version


def put_people(
    session: Session, *, version_id: int, worker_ids: Collection[int], changed: Collection[int] = ()
) -> None:
    """Name workers on a version that is not decided yet; those of `changed` have other data."""
    version = _locked(session, version_id)
    if version.state not in _UNDER_WAY:
        raise Conflict("Daftar ini sudah diputuskan.")
    session.execute(
        _PUT, {"version_id": version_id, "ids": sorted(set(worker_ids)), "changed": list(changed)}
    )


def compare(session: Session, version: ListVersion) -> Compared:
    """How the version differs from whom the agreement names now."""
    session.flush()
    found = {what: int(number) for what, number in session.execute(_COUNT, _ids(version))}
    return Compared(**found)


def people_of(session: Session, version: ListVersion, what: str) -> Sequence[int]:
    """The workers who are `added`, `left`, `changed` or `same`, by id."""
    return session.scalars(_OF_KIND, _ids(version) | {"what": what}).all()


def needs_second_person(session: Session, version: ListVersion) -> bool:
    """Whether so many would leave that a second person has to agree."""
    if not version.whole:
        return False
    most = rules.setting(
        rules.Rule.LEAVERS_PERCENT, clock.now().astimezone(HEAD_OFFICE).date()
    ).value
    return compare(session, version).left_percent > most


def apply(session: Session, *, version_id: int, actor_id: int) -> ListVersion:
    """Make a version's people those of the agreement, and decide who pays for each of them.

    Only now its new people become members, from the version's month. The second person, where one
    is needed, cannot be who made the version. CeilingReached if the agreement does not pay for so
    many; Conflict if it is not in force any more, or if the version's file is still being read.
    """
    version, agreement, actor = _to_decide(session, version_id, actor_id)
    _check_pays(agreement, version)
    if needs_second_person(session, version):
        if not actor.can(Permission.AGREEMENT_APPROVE) or actor.id == version.made_by:
            return wait(session, version_id=version.id, why="", actor_id=actor.id)
        second_person.check(session, second=actor, first_ids=[version.made_by])
    compared = compare(session, version)
    added = people_of(session, version, "added")
    left = people_of(session, version, "left") if version.whole else ()
    members.leave(
        session,
        agreement_id=agreement.id,
        worker_ids=left,
        month=version.from_month,
        why=LeaveReason.OFF_LIST,
        note=version.decree,
    )
    with planned_for(session, len(added)):
        members.add(
            session,
            agreement=agreement,
            worker_ids=added,
            from_month=version.from_month,
            version_id=version.id,
        )
        payers.enrol_new(session, agreement_id=agreement.id, version_id=version.id)
        # Most people of a first list are new, and nothing is left to decide of them.
        undecided = payers.undecided(
            session, worker_ids=added, agreement_id=agreement.id, month=version.from_month
        )
    payers.settle(
        session, worker_ids=[*undecided, *left], since=version.from_month, actor_id=actor.id
    )
    version = session.get_one(ListVersion, version_id)
    version.people = compared.added + compared.changed + compared.same
    version.added, version.left = compared.added, len(left)
    version.changed = compared.changed
    version.same, version.note = compared.same, ""
    _decide(session, version, VersionState.APPLIED, actor.id)
    return version


def wait(session: Session, *, version_id: int, why: str, actor_id: int) -> ListVersion:
    """Let a version wait for a second person; `why` it could not be applied, if not for that."""
    version = _locked(session, version_id)
    version.state, version.note = VersionState.WAITING, why[:200]
    session.flush()
    _record(session, version, "waiting", actor_id)
    return version


def refuse(session: Session, *, version_id: int, actor_id: int, note: str) -> ListVersion:
    """Refuse a version that waits, or give up one that is being made.

    Its new workers stay recorded, without a membership; an undo of the list removes them.
    """
    version, _agreement, actor = _to_decide(session, version_id, actor_id, by_maker=True)
    version.note = " ".join(note.replace("\0", "").split())[:200]
    _decide(session, version, VersionState.REFUSED, actor.id)
    return version


def _check_pays(agreement: Agreement, version: ListVersion) -> None:
    ends = agreement.ends_month or agreement.until_month
    if agreement.state is not AgreementState.IN_FORCE or version.from_month >= ends:
        raise Conflict(
            "Perjanjian ini tidak membayar lagi mulai bulan daftar ini. Tolak daftarnya, atau"
            " kirim daftar untuk perjanjian yang baru."
        )


def _decide(session: Session, version: ListVersion, state: VersionState, actor_id: int) -> None:
    version.state, version.decided_by, version.decided_at = state, actor_id, clock.now()
    session.flush()
    _record(session, version, state.value, actor_id)


def _to_decide(
    session: Session, version_id: int, actor_id: int, *, by_maker: bool = False
) -> tuple[ListVersion, Agreement, User]:
    version = session.get(ListVersion, version_id)
    if version is None:
        raise NotFound()
    agreement, actor = recording.take(
        session, version.agreement_id, actor_id, Permission.SPONSOR_RECORD
    )
    version = _locked(session, version_id)
    if version.state not in _UNDER_WAY:
        raise Conflict("Daftar ini sudah diputuskan. Muat ulang halamannya.")
    if version.state is VersionState.WAITING and version.made_by == actor.id and not by_maker:
        raise Forbidden("Daftar ini diputuskan orang lain, bukan yang mengirimnya.")
    under_way = select(Roster.id).where(
        Roster.version_id == version.id, Roster.status.not_in(_READ)
    )
    if session.scalar(under_way.limit(1)) is not None:
        raise Conflict(
            "Berkas daftar ini belum selesai diimpor. Selesaikan atau batalkan dulu di halaman"
            " Daftar pekerja."
        )
    return version, agreement, actor


def _locked(session: Session, version_id: int) -> ListVersion:
    version = session.get(ListVersion, version_id, with_for_update=True, populate_existing=True)
    if version is None:
        raise NotFound()
    return version


def _of_agreement(session: Session, agreement_id: int) -> Sequence[ListVersion]:
    return session.scalars(
        select(ListVersion).where(ListVersion.agreement_id == agreement_id)
    ).all()


def _ids(version: ListVersion) -> dict[str, object]:
    return {"version_id": version.id, "agreement_id": version.agreement_id}


def _record(session: Session, version: ListVersion, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"list_version.{what}",
        subject=f"agreement:{version.agreement_id}",
        details={
            "version": version.number,
            "decree": version.decree,
            "from_month": version.from_month,
            "people": version.people,
            "added": version.added,
            "left": version.left,
            "changed": version.changed,
        },
    )
