"""The bank's statement of the main office for the last weeks, with some lines that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times
from agentsys.ledger import accounts as books
from agentsys.months import HEAD_OFFICE
from agentsys.statements import accounts, importing, uploading

DAYS = 20
_OPENING_IDR = 25_000_000
_RECORDED = text("""
SELECT (d.declared_at AT TIME ZONE 'Asia/Jakarta')::date AS day,
       'SETORAN TUNAI ' || d.evidence AS text, d.amount_idr - d.short_idr
FROM deposits d
WHERE d.office_id = :office_id AND d.channel = '' AND d.state = 'confirmed'
    AND (d.declared_at AT TIME ZONE 'Asia/Jakarta')::date >= :since
UNION ALL
SELECT (o.recorded_at AT TIME ZONE 'Asia/Jakarta')::date, 'KR OTOMATIS ' || o.bank_ref,
       o.amount_idr - o.fee_idr
FROM gateway_payouts o
WHERE o.office_id = :office_id AND (o.recorded_at AT TIME ZONE 'Asia/Jakarta')::date >= :since
UNION ALL
SELECT (e.at AT TIME ZONE 'Asia/Jakarta')::date, 'SETORAN MODAL ' || e.source, b.amount_idr
FROM entries e JOIN postings b ON b.entry_id = e.id AND b.account = :bank
WHERE e.kind = 'own_funds.added' AND (e.at AT TIME ZONE 'Asia/Jakarta')::date >= :since
ORDER BY 1, 2
""")

_OWN_FUNDS = text("""
INSERT INTO audit_events (at, actor_id, action, subject, details, office_id)
SELECT e.at, (
           SELECT min(u.id) FROM users u JOIN roles_users m ON m.user_id = u.id
           JOIN roles r ON r.id = m.role_id WHERE u.office_id = o.id AND r.name = 'finance'
       ),
       'own_funds.added', 'bank:' || e.source,
       jsonb_build_object('amount_idr', -l.amount_idr, 'office_id', o.id), o.id
FROM entries e JOIN postings l ON l.entry_id = e.id
JOIN offices o ON l.account = 'equity:own_funds:' || o.id
WHERE e.kind = 'own_funds.added'
""")


class _Line(NamedTuple):
    day: date
    text: str
    amount_idr: int


def record_own_funds(session: Session) -> None:
    """Put the own funds of the journal into the audit trail."""
    session.execute(_OWN_FUNDS)


def play(session: Session, vault: Vault, *, staff: Staff, times: Times) -> None:
    """Upload a statement in which most lines have their record, and a few wait for a person."""
    finance = staff.finance[staff.main_id]
    until = times.now.astimezone(HEAD_OFFICE).date()
    since = until - timedelta(days=DAYS)
    account = accounts.add_account(
        session,
        office_id=staff.main_id,
        name="BCA penampungan",
        number="1234",
        actor_id=finance,
    )
    values = {
        "office_id": staff.main_id,
        "bank": books.bank(staff.main_id),
        "since": since,
    }
    lines = [_Line(*row) for row in session.execute(_RECORDED, values)]
    lines += [
        _Line(until - timedelta(days=6), "TRSF E-BANKING CR BUDI HARTONO", 250_000),
        _Line(until - timedelta(days=3), "BIAYA ADM", -15_000),
        _Line(until - timedelta(days=1), "SWITCHING CR IURAN JANUARI TITIPAN", 33_600),
    ]
    file = uploading.upload(
        session,
        vault=vault,
        account_id=account.id,
        filename="mutasi-bca.csv",
        content=_statement(sorted(lines), since, until),
        actor_id=finance,
    )
    importing.import_in(session, vault, file.id)


def _statement(lines: Sequence[_Line], since: date, until: date) -> bytes:
    """A download in the layout of BCA Bisnis, with its footer."""
    rows = [
        '"Informasi Rekening - Mutasi Rekening"," "," "," "," "',
        '"No. rekening : 0350001234"',
        f'"Periode : {since:%d/%m/%Y} - {until:%d/%m/%Y}"',
        '"Tanggal Transaksi","Keterangan","Cabang","Jumlah","Saldo"',
    ]
    balance = _OPENING_IDR
    for line in lines:
        balance += line.amount_idr
        mark = "CR" if line.amount_idr > 0 else "DB"
        rows.append(
            f'"{line.day:%d/%m/%Y}","{line.text}","0000","{_said(abs(line.amount_idr))} {mark}",'
            f'"{_said(balance)}"'
        )
    into = [line.amount_idr for line in lines if line.amount_idr > 0]
    out = [-line.amount_idr for line in lines if line.amount_idr < 0]
    rows += [
        f'"Saldo Awal : {_said(_OPENING_IDR)}"',
        f'"Mutasi Debet : {_said(sum(out))}","{len(out)}"',
        f'"Mutasi Kredit : {_said(sum(into))}","{len(into)}"',
        f'"Saldo Akhir : {_said(balance)}"',
    ]
    return "\r\n".join(rows).encode()


def _said(amount_idr: int) -> str:
    return f"{amount_idr:,}.00"
