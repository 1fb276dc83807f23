"""The trial balance, and the results of the last audit."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.ledger import accounts, proofs, queries
from agentsys.people.permissions import Permission
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.gateway_payouts import provider_label
from agentsys.web.texts import day, time


@finance.get("/buku")
@needs(Permission.BOOKS_READ)
def books() -> str:
    """The trial balance as of now, and what the last audit found."""
    session = db.session()
    balances = _trial_balance(session)
    return render_template(
        "finance/books.html",
        at=clock.now(),
        accounts=balances,
        total_idr=sum(row["debit_idr"] for row in balances),
        checks=_checks(session),
        checked_at=proofs.last_at(session),
    )


@finance.get("/buku.xlsx")
@needs(Permission.BOOKS_READ)
def books_xlsx() -> Response:
    """A workbook with the trial balance, and the cash of agents on a second sheet; recorded."""
    reading, now = db.session(), clock.now()
    balances = _trial_balance(reading)
    total = sum(row["debit_idr"] for row in balances)
    rows: list[list[str | int]] = [
        [row["account"], row["label"], row["debit_idr"], row["credit_idr"]] for row in balances
    ]
    rows.append([_("Jumlah"), "", total, total])
    held = queries.cash_of_agents(reading, current_user)
    cash: list[list[str | int]] = [[row.account, row.agent_name, row.held_idr] for row in held]
    cash.append([_("Jumlah"), "", sum(row.held_idr for row in held)])
    at = f"{day(now)}, {time(now)}"
    everywhere = current_user.office_id is None
    of_whom = _("semua kantor") if everywhere else _("agen kantor Anda saja")
    answer = sheets.download_book(
        f"neraca-saldo-{now:%Y-%m-%d}.xlsx",
        sheets.Sheet(
            _("Neraca saldo"),
            _("Neraca saldo semua kantor per %(at)s", at=at),
            [_("Akun"), _("Nama"), _("Debit"), _("Kredit")],
            rows,
        ),
        sheets.Sheet(
            _("Titipan agen"),
            _("Titipan di tangan agen per %(at)s, %(scope)s", at=at, scope=of_whom),
            [_("Akun"), _("Nama"), _("Titipan")],
            cash,
        ),
    )
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="books.exported",
            subject="books",
            details={"accounts": len(balances), "agents": len(held)},
        )
    return answer


def _trial_balance(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "account": row.account,
            "label": account_label(row.account),
            "debit_idr": max(row.balance_idr, 0),
            "credit_idr": max(-row.balance_idr, 0),
        }
        for row in queries.trial_balance(session)
    ]


def account_label(account: str) -> str:
    """A kind of account in words; the account itself if it has none."""
    if account.startswith(accounts.CLEARING):
        name = provider_label(accounts.provider_of(account))
        return _("Masih di %(provider)s", provider=name)
    if account.startswith(accounts.OWED_SPONSOR):
        return _("Sisa uang sponsor, untuk tagihan berikutnya")
    if account.startswith(accounts.CLAIM_SPONSOR):
        return _("Piutang kepada sponsor")
    if account.startswith(accounts.DUE):
        return _("Utang-piutang antarkantor")
    labels = {
        f"{accounts.BANK}*": _("Rekening penampungan"),
        f"{accounts.OWED_BPJS}*": _("Iuran yang belum LUNAS di BPJS"),
        f"{accounts.SUSPENSE}*": _("Uang yang ditahan, perlu diperiksa"),
        f"{accounts.GATEWAY_FEE}*": _("Biaya penyedia pembayaran"),
        f"{accounts.GATEWAY_VAT}*": _("PPN atas biaya penyedia pembayaran"),
        f"{accounts.BPJS_DIFFERENCE}*": _("Selisih dengan BPJS, belum diselesaikan"),
        f"{accounts.PAID_AGAIN}*": _("Dibayar dua kali ke BPJS"),
        f"{accounts.DIFFERENCE_COST}*": _("Selisih BPJS yang ditanggung kantor"),
        f"{accounts.OWN_FUNDS}*": _("Dana sendiri"),
        f"{accounts.CASH}*": _("Titipan di tangan agen"),
        f"{accounts.SHORT}*": _("Kekurangan setoran agen"),
        f"{accounts.OWED_WORKER}*": _("Kelebihan bayar, hak pekerja"),
        f"{accounts.CLAIM_WORKER}*": _("Piutang kepada pekerja"),
        f"{accounts.COMMISSION}*": _("Beban komisi"),
        f"{accounts.OWED_AGENT}*": _("Komisi agen yang belum dibayar"),
        f"{accounts.OWED_OFFICE}*": _("Komisi kantor yang belum dibayar"),
    }
    return labels.get(account, account)


def _checks(session: Session) -> list[dict[str, Any]]:
    """The last result of each check; it is computed by the nightly job or `agentsys audit`."""
    # The rows name payments and agents of any office, so only users of all offices see them.
    everywhere = current_user.office_id is None
    return [
        {
            "name": proof.name,
            "sentence": _(proofs.sentence_of(proof.name)),
            "failures": proof.failures,
            "sample": json.dumps(proof.sample[0], ensure_ascii=False, default=str)
            if everywhere and proof.sample
            else "",
        }
        for proof in proofs.last(session)
    ]
