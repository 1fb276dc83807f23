"""Storing a roster's file in the database, encrypted, as long as it is needed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, NotFound
from agentsys.rosters.rejects import Reasons, reasons_of, refused_rows_apart
from agentsys.workers import seals
from agentsys.workers.models import Roster, RosterFile, RosterStatus

KEPT_FOR = timedelta(days=30)  # enough time to correct the refused rows and send them again


def store(session: Session, *, vault: Vault, roster_id: int, content: bytes) -> None:
    """Store the uploaded file until its import."""
    sealed = vault.seal_bytes(content, seals.file_of(roster_id))
    session.add(RosterFile(roster_id=roster_id, sealed=sealed))
    session.flush()


def uploaded(session: Session, *, vault: Vault, roster_id: int) -> bytes | None:
    """The uploaded file; None if it was deleted."""
    sealed = session.scalar(
        select(RosterFile.sealed).where(
            RosterFile.roster_id == roster_id, RosterFile.refused_only.is_(False)
        )
    )
    return None if sealed is None else vault.open_bytes(sealed, seals.file_of(roster_id))


def keep_refused(*, vault: Vault, roster_id: int) -> None:
    """Replace the file of an imported roster by a file of its refused rows.

    An entrypoint: it opens its own transactions; none is open while the file is processed.
    """
    material = in_transaction(lambda session: _material(session, vault, roster_id))
    if material is None:
        return
    content, reasons = material
    made = refused_rows_apart(content, reasons) if reasons else None
    with transaction() as session:
        if made is None:
            drop(session, roster_id)
            return
        session.execute(
            update(RosterFile)
            .where(RosterFile.roster_id == roster_id)
            .values(sealed=vault.seal_bytes(made, seals.file_of(roster_id)), refused_only=True)
        )


def rejects(session: Session, *, vault: Vault, roster_id: int) -> bytes | None:
    """The refused rows as an .xlsx to correct and send again; None if not written yet."""
    roster = session.get(Roster, roster_id)
    if roster is None:
        raise NotFound(roster_id=roster_id)
    if roster.status in (RosterStatus.WAITING, RosterStatus.RUNNING):
        raise Conflict("Daftar ini belum selesai diimpor. Tunggu sampai selesai, lalu unduh lagi.")
    if not roster.rejected:
        raise Conflict(
            "Tidak ada baris yang ditolak di daftar ini, jadi tidak ada yang perlu diunduh."
        )
    kept = session.get(RosterFile, roster_id)
    if kept is None:
        raise Conflict(
            "Baris yang ditolak tidak disimpan lagi. Unggah lagi daftarnya bila masih diperlukan."
        )
    if not kept.refused_only:
        return None
    return vault.open_bytes(kept.sealed, seals.file_of(roster_id))


def refused_rows_of(*, vault: Vault, roster_id: int) -> bytes | None:
    """The refused rows of a list that was checked or imported; None if there are none.

    An entrypoint: it opens its own transactions. Conflict if the file is not stored any more.
    """

    def find(session: Session) -> tuple[bytes | None, bytes | None, dict[str, Reasons]]:
        reasons = reasons_of(session, roster_id)
        whole = uploaded(session, vault=vault, roster_id=roster_id)
        kept = rejects(session, vault=vault, roster_id=roster_id) if reasons and not whole else None
        return whole, kept, reasons

    whole, kept, reasons = in_transaction(find)
    return refused_rows_apart(whole, reasons) if whole is not None and reasons else kept


def has_rejects(session: Session, roster_id: int) -> bool:
    """Whether there are rejected rows, and they are still stored."""
    query = (
        select(RosterFile.roster_id)
        .join(Roster, Roster.id == RosterFile.roster_id)
        .where(RosterFile.roster_id == roster_id, Roster.rejected > 0)
    )
    return session.scalar(query) is not None


def drop(session: Session, roster_id: int) -> None:
    """Delete the file; the notes about it stay."""
    session.execute(delete(RosterFile).where(RosterFile.roster_id == roster_id))


def drop_old(session: Session) -> None:
    """Delete the file of every roster that was uploaded more than KEPT_FOR ago."""
    old = select(Roster.id).where(Roster.uploaded_at < clock.now() - KEPT_FOR)
    session.execute(delete(RosterFile).where(RosterFile.roster_id.in_(old)))


def _material(
    session: Session, vault: Vault, roster_id: int
) -> tuple[bytes, dict[str, Reasons]] | None:
    roster = session.get(Roster, roster_id)
    if roster is None or roster.status is not RosterStatus.DONE:
        return None
    content = uploaded(session, vault=vault, roster_id=roster_id)
    if content is None:
        return None
    return content, reasons_of(session, roster_id) if roster.rejected else {}
