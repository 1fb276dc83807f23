"""An account, statements of invented lines in the layouts of banks, and their import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.statements import accounts, importing, uploading
from agentsys.statements.models import (
    BankAccount,
    BankFile,
    BankIssue,
    BankLine,
    BankMatch,
)
from tests.payments.world import World

OPENING = 1_000_000


@dataclass(frozen=True)
class Row:
    """One line of an invented statement."""

    day: str  # as the bank writes it
    text: str
    amount: int  # negative if it left the account


def grouped(amount: int, point: str = ".") -> str:
    """`287,490.00`, or with the signs the other way round."""
    text = f"{abs(amount):,}.00"
    return text if point == "." else text.translate(str.maketrans(",.", ".,"))


def bisnis(
    rows: Sequence[Row], *, opening: int = OPENING, period: str = "", **footer: Any
) -> bytes:
    """A download of BCA Bisnis, with its footer; `footer` puts other figures into it."""
    lines = ['"Informasi Rekening - Mutasi Rekening"," "', "", '"No. rekening : 0350001234"']
    if period:
        lines.append(f'"Periode : {period}"')
    lines.append('"Tanggal Transaksi","Keterangan","Cabang","Jumlah","Saldo"')
    balance = opening
    booked = [row for row in rows if row.day not in ("PEND", "NEXT")]
    for row in rows:
        mark = "CR" if row.amount >= 0 else "DB"
        balance += row.amount if row in booked else 0
        said = grouped(balance) if balance >= 0 else f"-{grouped(balance)}"
        lines.append(f'"{row.day}","{row.text}","0000","{grouped(row.amount)} {mark}","{said}"')
    into = [row.amount for row in booked if row.amount >= 0]
    out = [-row.amount for row in booked if row.amount < 0]
    said = {"in_idr": sum(into), "ins": len(into), "out_idr": sum(out), "outs": len(out),
            "closing": opening + sum(into) - sum(out)} | footer  # fmt: skip
    lines += [
        f'"Saldo Awal : {_signed(opening)}"',
        f'"Mutasi Debet : {grouped(said["out_idr"])}","{said["outs"]}"',
        f'"Mutasi Kredit : {grouped(said["in_idr"])}","{said["ins"]}"',
        f'"Saldo Akhir : {_signed(said["closing"])}"',
    ]
    return "\r\n".join(lines).encode()


def _signed(amount: int) -> str:
    return grouped(amount) if amount >= 0 else f"-{grouped(amount)}"


@dataclass
class Banking:
    """A bank account of the office of a world."""

    world: World
    account: BankAccount
    files: list[BankFile] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, **values: Any) -> Banking:
        account = accounts.add_account(
            world.session,
            **{"office_id": world.office_id, "name": "BCA", "actor_id": world.finance.id} | values,
        )
        return cls(world, account)

    @property
    def session(self) -> Session:
        return self.world.session

    @property
    def vault(self) -> Vault:
        return self.world.vault

    def upload(self, content: bytes, name: str = "mutasi.csv") -> BankFile:
        """Upload a statement."""
        file = uploading.upload(
            self.session,
            vault=self.vault,
            account_id=self.account.id,
            filename=name,
            content=content,
            actor_id=self.world.finance.id,
        )
        self.session.commit()
        return file

    def send(self, content: bytes, name: str = "mutasi.csv") -> BankFile:
        """Upload a statement and import it, as the job does."""
        file = self.upload(content, name)
        importing.import_file(vault=self.vault, file_id=file.id)
        self.session.expire_all()
        self.files.append(file)
        return file

    def lines(self) -> list[BankLine]:
        """All stored lines, in their order."""
        found = select(BankLine).where(BankLine.account_id == self.account.id)
        return list(self.session.scalars(found.order_by(BankLine.booked_on, BankLine.id)))

    def matches(self) -> list[BankMatch]:
        """The matches that stand."""
        found = select(BankMatch).where(BankMatch.undone_at.is_(None)).order_by(BankMatch.id)
        return list(self.session.scalars(found))

    def issues(self) -> list[BankIssue]:
        """The open issues."""
        found = select(BankIssue).where(BankIssue.closed_at.is_(None)).order_by(BankIssue.id)
        return list(self.session.scalars(found))


def reason(file: BankFile) -> str:
    """Why a statement was refused, as its page says it."""
    from agentsys.messages import fill

    return fill(file.reason["text"], file.reason["values"])


TODAY = date(2026, 11, 30)
