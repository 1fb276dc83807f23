"""Sending an approved batch: the bank's file, and the entries before anybody outside is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.bank_files.layouts import Layout
from agentsys.bank_files.rendering import Order, Transfer, render
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, NotFound
from agentsys.ledger import accounts, journal
from agentsys.papers import accounts as agent_accounts
from agentsys.papers.account_models import AgentAccount
from agentsys.payouts import due
from agentsys.payouts.models import BatchState, LineState, PayoutBatch, PayoutFile, PayoutLine
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.transfers import office_accounts
from agentsys.workers import seals


def send_file(
    session: Session,
    *,
    batch_id: int,
    actor_id: int,
    vault: Vault,
    layout: Layout,
) -> PayoutFile:
    """Make the bank's file of an approved batch; from now on the bank may have it.

    A line whose account changed since the approval is taken out. The same batch gives one file:
    asked for again, it is the same.
    """
    batch = locked(session, batch_id)
    actor = actor_of(session, actor_id, batch.office_id)
    if not actor.can(Permission.COMMISSION_PAY_SEND):
        raise Forbidden(permission=Permission.COMMISSION_PAY_SEND.value)
    if batch.state is not BatchState.APPROVED:
        raise Conflict("Berkas hanya dibuat dari pembayaran yang disetujui dan belum dikirim.")
    now = clock.now()
    lines = _still_payable(session, batch, now)
    file = _file(session, batch, lines, vault, layout)
    mark_sent(session, lines, now)
    batch.state, batch.sent_by, batch.sent_at = BatchState.SENT, actor.id, now
    session.flush()
    record(
        session,
        "payout_batch.sent",
        f"payout_batch:{batch.id}",
        actor,
        {
            "file": file.name,
            "sha256": file.sha256,
            "lines": len(lines),
            "net_idr": sum(line.net_idr for line in lines),
        },
    )
    return file


def _file(
    session: Session,
    batch: PayoutBatch,
    lines: Sequence[PayoutLine],
    vault: Vault,
    layout: Layout,
) -> PayoutFile:
    """The file of a batch, numbered among those of the office's day."""
    session.execute(select(func.pg_advisory_xact_lock(locks.PAYOUT_FILES, batch.office_id)))
    day = due.today()
    last = session.scalar(
        select(func.max(PayoutFile.number)).where(
            PayoutFile.office_id == batch.office_id, PayoutFile.day == day
        )
    )
    order = Order(
        day=day,
        number=(last or 0) + 1,
        transfers=[_transfer(session, line, vault) for line in lines],
        debit_account=office_accounts.number_of(session, vault=vault, office_id=batch.office_id),
    )
    made = render(layout, order)
    file = PayoutFile(
        batch_id=batch.id,
        office_id=batch.office_id,
        day=day,
        number=order.number,
        name=made.name,
        sha256=made.sha256,
        content_sealed=vault.seal_bytes(made.content, seals.payout_file_of(batch.id)),
    )
    session.add(file)
    return file


def open_file(session: Session, *, batch_id: int, actor: User, vault: Vault) -> tuple[str, bytes]:
    """The name and the bytes of a batch's file; opening it is recorded."""
    if not actor.can(Permission.COMMISSION_PAY_SEND):
        raise Forbidden(permission=Permission.COMMISSION_PAY_SEND.value)
    file = session.get(PayoutFile, batch_id)
    if file is None or actor.office_id not in (file.office_id, None):
        raise NotFound()
    record(
        session,
        "payout_batch.file_opened",
        f"payout_batch:{batch_id}",
        actor,
        {"sha256": file.sha256},
    )
    return file.name, vault.open_bytes(file.content_sealed, seals.payout_file_of(batch_id))


def mark_sent(session: Session, lines: Sequence[PayoutLine], now: datetime) -> None:
    """Book lines as sent, before anybody outside is told: what may be paid is not owed twice."""
    for line in lines:
        line.state, line.sent_at = LineState.SENT, now
    session.flush()
    journal.post_all(
        session,
        [
            journal.Event(
                kind="commission.sent",
                source=f"payout:{line.key}",
                at=now,
                lines={
                    accounts.payable_to_agent(line.agent_id): line.net_idr,
                    accounts.sent_commission(line.office_id): -line.net_idr,
                },
            )
            for line in lines
        ],
    )


def _still_payable(session: Session, batch: PayoutBatch, now: datetime) -> list[PayoutLine]:
    """The approved lines whose account is still the agent's; the others are taken out."""
    kept = []
    for line in batch.lines:
        if line.state is not LineState.APPROVED:
            continue
        account = agent_accounts.in_force_on(session, line.agent_id, due.today())
        if account is None or account.id != line.account_id:
            line.state, line.ended_at = LineState.CANCELLED, now
            line.reason = "rekening berganti sesudah disetujui"
            continue
        kept.append(line)
    session.flush()
    if not kept:
        raise Conflict(
            "Rekening semua agen di dalamnya berganti sesudah disetujui. Batalkan, lalu siapkan"
            " lagi."
        )
    return kept


def _transfer(session: Session, line: PayoutLine, vault: Vault) -> Transfer:
    account = session.get_one(AgentAccount, line.account_id)
    return Transfer(
        reference=line.key,
        bank=account.bank,
        account=vault.open(account.number_sealed, seals.agent_account_of(account.reference)),
        holder=account.holder,
        amount_idr=line.net_idr,
    )


def locked(session: Session, batch_id: int) -> PayoutBatch:
    """The batch, locked; NotFound if there is none."""
    batch = session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound()
    return batch


def actor_of(session: Session, actor_id: int, office_id: int) -> User:
    """The user, if the office is in his or her reach; NotFound otherwise."""
    actor = session.get(User, actor_id)
    if actor is None or actor.office_id not in (office_id, None):
        raise NotFound()
    return actor


def record(
    session: Session, action: str, subject: str, actor: User | None, details: Mapping[str, object]
) -> None:
    """Note in the audit trail what was done with a batch or a line; nobody: a job."""
    trail.record(
        session,
        actor_id=None if actor is None else actor.id,
        action=action,
        subject=subject,
        details=details,
    )
