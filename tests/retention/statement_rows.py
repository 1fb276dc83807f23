"""Old and young statements of a bank that were not read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankFile,
    BankFileContent,
    BankIssue,
    BankLine,
    FileState,
    IssueKind,
)
from tests.payments.world import World

_numbers = itertools.count(1)


@dataclass
class Rows:
    """What there is of one kind: rows that are due, and those that must stay."""

    due: list[Any]
    young: list[Any]
    held: list[Any]


def added(session: Session, *rows: Any) -> list[Any]:
    """These rows, stored."""
    session.add_all(rows)
    session.flush()
    return list(rows)


def statement_files(world: World, old: datetime, now: datetime) -> Rows:
    """Statements that were refused, and one with an open difference."""
    session = world.session
    (account,) = added(
        session,
        BankAccount(
            office_id=world.office_id, kind=AccountKind.BANK, name=f"Bank {next(_numbers)}"
        ),
    )

    def one(at: datetime, state: FileState = FileState.REFUSED) -> BankFileContent:
        (file,) = added(
            session,
            BankFile(
                account_id=account.id,
                filename="x.csv",
                sha256=next(_numbers).to_bytes(32),
                state=state,
                reason={"text": "x"} if state is FileState.REFUSED else {},
                uploaded_at=at,
            ),
        )
        return BankFileContent(file_id=file.id, sealed=b"x" * 50)

    due = added(session, one(old), one(old))
    held = added(session, one(old, FileState.WAITING), one(old, FileState.MAPPING))
    _difference(session, account, held[-1], old)
    return Rows(due, added(session, one(now)), held)


def _difference(
    session: Session, account: BankAccount, content: BankFileContent, old: datetime
) -> None:
    """An open one of a line of this file."""
    (line,) = added(
        session,
        BankLine(
            account_id=account.id,
            file_id=content.file_id,
            booked_on=old.date(),
            digest=bytes(16),
            nth=1,
            amount_idr=5,
            text="",
            reference="",
            ref_key="",
            raw="",
        ),
    )
    added(
        session,
        BankIssue(
            account_id=account.id,
            office_id=account.office_id,
            kind=IssueKind.UNKNOWN_PAYER,
            line_id=line.id,
            amount_idr=5,
        ),
    )
