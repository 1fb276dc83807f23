"""Files that prove what was done with money: sealed, never changed, and looking at one is recorded.

A deposit may have its slip, or what the police wrote about a loss. The functions do not ask who
may see the deposit: whoever calls them has found it in the user's scope.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import InstrumentedAttribute

from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, NotFound, Refused
from agentsys.many import among
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.evidence_models import EvidenceFile
from agentsys.scans import kinds
from agentsys.scans.kinds import ScanKind
from agentsys.workers import seals

MOST_FILES = 4  # of one deposit or batch


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """One file, without its content."""

    id: int
    kind: ScanKind
    size_bytes: int
    reference: str  # the bank's, of a transfer
    on_day: date | None
    added_by: int
    added_at: datetime


def add_to_deposit(
    session: Session, *, vault: Vault, deposit_id: int, content: bytes, actor_id: int
) -> EvidenceFile:
    """Keep a slip's photo or a report with a deposit that waits; the same file twice is one."""
    deposit = session.get(
        Deposit,
        deposit_id,
        with_for_update={"of": Deposit, "key_share": True},
        populate_existing=True,
    )
    if deposit is None:
        raise NotFound()
    if deposit.state is not DepositState.DECLARED:
        raise Conflict("Setoran ini sudah diputuskan, jadi buktinya tidak dapat ditambah lagi.")
    return store(
        session,
        vault=vault,
        of={"deposit_id": deposit_id},
        content=content,
        actor_id=actor_id,
    )


def store(
    session: Session,
    *,
    vault: Vault,
    of: Mapping[str, int],
    content: bytes,
    actor_id: int,
    **more: Any,
) -> EvidenceFile:
    """Seal and store a file of what `of` names, which is locked; the same file twice is one.

    Invalid if it is neither a photo nor a PDF, Refused if there are as many as may be.
    """
    ((column, thing_id),) = of.items()
    about: InstrumentedAttribute[int | None] = getattr(EvidenceFile, column)
    digest = hashlib.sha256(content).digest()
    known = session.scalar(
        select(EvidenceFile).where(about == thing_id, EvidenceFile.digest == digest)
    )
    if known is not None:
        return known
    number = session.scalar(select(func.count()).select_from(EvidenceFile).where(about == thing_id))
    if int(number or 0) >= MOST_FILES:
        raise Refused("Paling banyak {most} berkas bukti.", most=MOST_FILES)
    taken = kinds.accepted(content)
    key = secrets.token_hex(16)
    file = EvidenceFile(
        key=key,
        kind=taken.kind,
        digest=digest,
        sealed=vault.seal_bytes(taken.content, seals.evidence_of(key)),
        size_bytes=len(taken.content),
        added_by=actor_id,
        **of,
        **more,
    )
    session.add(file)
    session.flush()
    _record(session, file, "evidence_added", actor_id)
    return file


def files_of_deposits(
    session: Session, deposit_ids: Collection[int]
) -> Mapping[int, Sequence[FileRow]]:
    """The files of these deposits by their ids, each in the order in which they came."""
    return _files(session, EvidenceFile.deposit_id, deposit_ids)


def files_of_remittance(session: Session, remittance_id: int) -> Sequence[FileRow]:
    """The files of a batch, in the order in which they came."""
    found = _files(session, EvidenceFile.remittance_id, [remittance_id])
    return found.get(remittance_id, [])


def opened(
    session: Session, *, vault: Vault, of: Mapping[str, int], file_id: int, actor_id: int
) -> tuple[bytes, ScanKind]:
    """The content of a file of what `of` names; looking at it is recorded. NotFound if not its."""
    file = session.get(EvidenceFile, file_id)
    if file is None or any(getattr(file, name) != value for name, value in of.items()):
        raise NotFound()
    _record(session, file, "scan_opened", actor_id)
    return vault.open_bytes(file.sealed, seals.evidence_of(file.key)), file.kind


def _files(
    session: Session, about: InstrumentedAttribute[int | None], ids: Collection[int]
) -> Mapping[int, Sequence[FileRow]]:
    found: dict[int, list[FileRow]] = defaultdict(list)
    if not ids:
        return found
    rows = session.execute(
        select(
            about.label("about"),
            EvidenceFile.id,
            EvidenceFile.kind,
            EvidenceFile.size_bytes,
            EvidenceFile.reference,
            EvidenceFile.on_day,
            EvidenceFile.added_by,
            EvidenceFile.added_at,
        )
        .where(among(about, ids))
        .order_by(EvidenceFile.id)
    )
    for row in rows:
        values = dict(row._mapping)
        found[values.pop("about")].append(FileRow(**values))
    return found


def _record(session: Session, file: EvidenceFile, what: str, actor_id: int) -> None:
    subject = (
        f"deposit:{file.deposit_id}"
        if file.deposit_id is not None
        else f"remittance:{file.remittance_id}"
    )
    action = f"{subject.partition(':')[0]}.{what}"
    details: dict[str, object] = {"file": file.id, "kind": file.kind, "bytes": file.size_bytes}
    if file.remittance_id is not None:
        details |= {"bank_ref": file.reference, "on": file.on_day}
    trail.record(session, actor_id=actor_id, action=action, subject=subject, details=details)
