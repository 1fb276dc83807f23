"""Reading an uploaded statement into the lines of its account: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.db import in_transaction
from agentsys.errors import NotFound, Refused
from agentsys.fee_rates import FeeRate
from agentsys.messages import Message
from agentsys.months import HEAD_OFFICE
from agentsys.sheets.refusals import FileRefused
from agentsys.statements import continuity, fees, loading, matching
from agentsys.statements.lines import Summary, Totals
from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankFile,
    BankFileContent,
    FileState,
)
from agentsys.statements.reading import opened
from agentsys.statements.tables import NeedsMapping
from agentsys.statements.uploading import known_layouts
from agentsys.workers import seals

# A long statement takes minutes, more than the time limits of pages allow.
_PATIENCE = text(
    "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '15min';"
    " SET LOCAL idle_in_transaction_session_timeout = '5min'"
)
_SAMPLE = 60


def import_file(*, vault: Vault, file_id: int, rates: Sequence[FeeRate] = ()) -> None:
    """Import a waiting statement and match its lines; a refused one stores nothing.

    An entrypoint. All of it is one transaction, so one that was killed begins anew, and one that
    is done is left alone.
    """
    try:
        in_transaction(lambda session: import_in(session, vault, file_id, rates))
    except NeedsMapping as unknown:
        found = unknown
        in_transaction(lambda session: _ask(session, file_id, found))
    except Refused as refused:
        message = refused.message
        in_transaction(lambda session: _refuse(session, file_id, message))


def import_in(session: Session, vault: Vault, file_id: int, rates: Sequence[FeeRate] = ()) -> None:
    """Import a waiting statement in the caller's transaction, which is undone if it is refused."""
    session.execute(_PATIENCE)
    waiting = session.get(BankFile, file_id)
    if waiting is None:
        raise NotFound()
    # One statement of an account after another: each is compared with what the others stored.
    account = session.get_one(
        BankAccount, waiting.account_id, with_for_update=True, populate_existing=True
    )
    file = session.get_one(BankFile, file_id, with_for_update=True, populate_existing=True)
    if file.state is not FileState.WAITING:
        return
    sealed = session.get_one(BankFileContent, file.id).sealed
    totals = Totals()
    with opened(
        vault.open_bytes(sealed, seals.bank_file_of(file.id)),
        gateway=account.kind is AccountKind.GATEWAY,
        known=known_layouts(session, account.id),
        today=today(),
    ) as statement:
        loading.send(session, statement.lines(), totals)
        summary = totals.finish(statement.declared, today=today())
        file.layout = statement.name
        number = statement.declared.number
    _check_account(account, number)
    _describe(file, summary)
    _store(session, account, file, summary)
    file.state, file.finished_at = FileState.DONE, clock.now()
    session.execute(delete(BankFileContent).where(BankFileContent.file_id == file.id))
    session.flush()
    _match(session, account, file, rates)


def give_up(file_id: int) -> None:
    """Refuse a statement that could not be read because of a fault of ours."""
    message = Message(
        text="Berkas ini tidak selesai dibaca karena gangguan sistem. Unggah lagi berkasnya."
    )
    in_transaction(lambda session: _refuse(session, file_id, message))


def today() -> date:
    """The day at the head office."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def _check_account(account: BankAccount, number: str) -> None:
    if not number:
        return
    if account.number_end and not number.endswith(account.number_end):
        raise FileRefused(
            "Berkas ini dari rekening lain: nomornya berakhir {theirs}, rekening ini {ours}.",
            theirs=number[-4:],
            ours=account.number_end,
        )
    account.number_end = account.number_end or number[-4:]


def _describe(file: BankFile, summary: Summary) -> None:
    if not summary.lines and not summary.pending:
        raise FileRefused("Tidak ada baris mutasi di berkas ini. Periksa periode unduhannya.")
    file.lines, file.pending, file.checked_by = summary.lines, summary.pending, summary.checked_by
    file.opening_sen, file.closing_sen = summary.opening_sen, summary.closing_sen
    file.from_on, file.until_on = summary.from_on, summary.until_on


def _store(session: Session, account: BankAccount, file: BankFile, summary: Summary) -> None:
    newest = (
        file.until_on is None or account.known_until is None or file.until_on >= account.known_until
    )
    if file.lines:
        loading.check_days(session, file)
        continuity.check_balances(session, account, file)
        stored: Any = loading.store(session, account, file, descending=summary.descending)
        file.new_lines = int(stored.lines)
        continuity.extend(account, file, stored)
    if newest:
        loading.replace_pending(session, file)


def _match(
    session: Session, account: BankAccount, file: BankFile, rates: Sequence[FeeRate]
) -> None:
    after = fees.newest_match(session)
    file.matched = matching.match_new(session, account=account, file=file)
    session.flush()
    charged = fees.book(
        session,
        account=account,
        after=after,
        file_id=file.id,
        actor_id=file.uploaded_by,
        rates=rates,
    )
    counts = {"lines": file.lines, "new": file.new_lines, "matched": file.matched}
    _record(session, file, "imported", **counts, fees=charged)


def _ask(session: Session, file_id: int, unknown: NeedsMapping) -> None:
    """Leave the file waiting for a person, who says what its columns hold."""
    file = session.get_one(BankFile, file_id, with_for_update=True)
    file.state = FileState.MAPPING
    file.headings = [
        {"title": title, "samples": [cell[:_SAMPLE] for cell in samples]}
        for title, samples in zip(unknown.titles, unknown.samples, strict=True)
    ]


def _refuse(session: Session, file_id: int, message: Message) -> None:
    file = session.get(BankFile, file_id, with_for_update=True)
    if file is None or file.state is not FileState.WAITING:
        return
    with session.no_autoflush:
        file.state, file.finished_at = FileState.REFUSED, clock.now()
        file.reason = {"text": message.text, "values": dict(message.values)}
    session.execute(delete(BankFileContent).where(BankFileContent.file_id == file.id))
    session.flush()
    _record(session, file, "refused", reason=message.sentence())


def _record(session: Session, file: BankFile, what: str, **details: object) -> None:
    trail.record(
        session,
        actor_id=file.uploaded_by,
        action=f"bank_file.{what}",
        subject=f"bank_file:{file.id}",
        details=details,
    )
