"""Storing an uploaded statement until its job reads it; and what its columns hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.names import visible
from agentsys.people.permissions import Permission
from agentsys.statements.accounts import account_for
from agentsys.statements.amounts import STYLES
from agentsys.statements.layouts import HOLDS, Layout, headings_key, mapped
from agentsys.statements.models import BankFile, BankFileContent, BankMapping, FileState
from agentsys.workers import seals


def upload(
    session: Session,
    *,
    vault: Vault,
    account_id: int,
    filename: str,
    content: bytes,
    actor_id: int,
) -> BankFile:
    """Store a statement; the earlier one if the same bytes were sent for this account before."""
    account, actor = account_for(session, account_id, actor_id, Permission.BANK_STATEMENT_UPLOAD)
    if not content:
        raise Invalid("Berkas ini kosong. Pilih berkas mutasi dari bank.", about="file")
    digest = hashlib.sha256(content).digest()
    known = session.scalar(
        select(BankFile).where(
            BankFile.account_id == account.id,
            BankFile.sha256 == digest,
            BankFile.state != FileState.REFUSED,
        )
    )
    if known is not None:
        return known
    file = BankFile(
        account_id=account.id,
        filename=visible(PurePath(filename.replace("\\", "/")).name)[:200] or "mutasi",
        sha256=digest,
        state=FileState.WAITING,
        uploaded_by=actor.id,
    )
    session.add(file)
    session.flush()
    sealed = vault.seal_bytes(content, seals.bank_file_of(file.id))
    session.add(BankFileContent(file_id=file.id, sealed=sealed))
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="bank_file.uploaded",
        subject=f"bank_file:{file.id}",
        details={"account": account.name, "filename": file.filename, "bytes": len(content)},
    )
    return file


def say_columns(
    session: Session,
    *,
    file_id: int,
    holds: Sequence[str],
    days: str,
    point: str,
    actor_id: int,
) -> BankFile:
    """Say what the columns of a statement hold; it is remembered for files with such headings."""
    found = session.get(BankFile, file_id)
    if found is None:
        raise NotFound()
    account, actor = account_for(
        session, found.account_id, actor_id, Permission.BANK_STATEMENT_UPLOAD
    )
    file = session.get_one(BankFile, file_id, with_for_update=True, populate_existing=True)
    if file.state is not FileState.MAPPING:
        raise Conflict("Kolom berkas ini sudah dipilih. Muat ulang halaman.")
    titles = [str(each["title"]) for each in file.headings]
    _check(holds, len(titles), days, point)
    mapping = {"titles": titles, "holds": list(holds), "days": days, "point": point}
    session.execute(
        insert(BankMapping)
        .values(
            account_id=account.id,
            headings=headings_key(titles),
            mapping=mapping,
            made_by=actor.id,
            made_at=clock.now(),
        )
        .on_conflict_do_update(
            index_elements=["account_id", "headings"],
            set_={"mapping": mapping, "made_by": actor.id, "made_at": clock.now()},
        )
    )
    file.state = FileState.WAITING
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="bank_file.mapped",
        subject=f"bank_file:{file.id}",
        details={"holds": ", ".join(holds), "days": days, "point": point},
    )
    return file


def known_layouts(session: Session, account_id: int) -> Mapping[bytes, Layout]:
    """The layouts that people described for an account, by the key of their headings."""
    rows = session.scalars(select(BankMapping).where(BankMapping.account_id == account_id))
    return {row.headings: _layout(row.mapping) for row in rows}


def _layout(mapping: Mapping[str, Any]) -> Layout:
    return mapped(mapping["titles"], mapping)


def _check(holds: Sequence[str], columns: int, days: str, point: str) -> None:
    if len(holds) != columns or any(what not in ("", *HOLDS) for what in holds):
        raise Invalid("Pilih isi setiap kolom dari daftar.")
    if days not in STYLES or point not in (".", ","):
        raise Invalid("Pilih cara menulis tanggal dan tanda desimal.")
    twice = [what for what in HOLDS if holds.count(what) > 1 and what != "text"]
    if twice:
        raise Invalid("Hanya keterangan yang boleh ada di lebih dari satu kolom.")
    if "date" not in holds:
        raise Invalid("Pilih kolom tanggal.")
    both = {"debit", "credit"} <= set(holds)
    if both == ("amount" in holds) or (not both and {"debit", "credit"} & set(holds)):
        raise Invalid("Pilih satu kolom jumlah, atau dua kolom: debit dan kredit.")
    if both and "mark" in holds:
        raise Invalid("Kolom tanda DB/CR hanya bersama satu kolom jumlah.")
