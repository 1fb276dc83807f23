"""The trial balance, and whether everything that must be true of the books is true."""

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
from agentsys.ledger import accounts, invariants, queries
from agentsys.people.permissions import Permission
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.gateway_payouts import provider_label
from agentsys.web.texts import day, time

CHECK_SECONDS = 8  # whole tables are read: a network that outgrew this runs `agentsys audit`


@finance.get("/buku")
@needs(Permission.BOOKS_READ)
def books() -> str:
    """The trial balance and the checks, as of now."""
    session = db.session()
    balances = _trial_balance(session)
    checks = _checks(session)
    return render_template(
        "finance/books.html",
        at=clock.now(),
        accounts=balances,
        total_idr=sum(row["debit_idr"] for row in balances),
        checks=checks,
        checked=checks is not None,
        checked_at=clock.now(),
    )


@finance.get("/buku.xlsx")
@needs(Permission.BOOKS_READ)
def books_xlsx() -> Response:
    """The trial balance and the cash of each agent in scope, as a workbook; recorded."""
    reading, now = db.session(), clock.now()
    rows: list[list[str | int]] = [
        [row["account"], row["label"], row["debit_idr"], row["credit_idr"]]
        for row in _trial_balance(reading)
    ]
    cash = [
        [row.account, row.agent_name, row.held_idr, 0]
        for row in queries.cash_of_agents(reading, current_user)
    ]
    answer = sheets.download(
        f"neraca-saldo-{now:%Y-%m-%d}.xlsx",
        _("Neraca saldo per %(at)s", at=f"{day(now)}, {time(now)}"),
        [_("Akun"), _("Nama"), _("Debit"), _("Kredit")],
        [*rows, *([["", _("Rincian titipan agen"), "", ""], *cash] if cash else [])],
    )
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="books.exported",
            subject="books",
            details={"accounts": len(rows), "agents": len(cash)},
        )
    return answer


def _trial_balance(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "account": row.account,
            "label": _label(row.account),
            "debit_idr": max(row.balance_idr, 0),
            "credit_idr": max(-row.balance_idr, 0),
        }
        for row in queries.trial_balance(session)
    ]


def _label(account: str) -> str:
    if account.startswith(accounts.CLEARING):
        name = provider_label(accounts.provider_of(account))
        return _("Masih di %(provider)s", provider=name)
    if account.startswith(accounts.DUE):
        return _("Utang-piutang antarkantor")
    labels = {
        f"{accounts.BANK}*": _("Rekening penampungan"),
        f"{accounts.OWED_BPJS}*": _("Iuran yang belum LUNAS di BPJS"),
        f"{accounts.SUSPENSE}*": _("Uang yang ditahan, perlu diperiksa"),
        f"{accounts.GATEWAY_FEE}*": _("Biaya penyedia pembayaran"),
        f"{accounts.OWN_FUNDS}*": _("Dana sendiri"),
        f"{accounts.CASH}*": _("Titipan di tangan agen"),
        f"{accounts.OWED_WORKER}*": _("Kelebihan bayar, hak pekerja"),
        f"{accounts.CLAIM_WORKER}*": _("Piutang kepada pekerja"),
        f"{accounts.COMMISSION}*": _("Beban komisi"),
        f"{accounts.OWED_AGENT}*": _("Komisi agen yang belum dibayar"),
        f"{accounts.OWED_OFFICE}*": _("Komisi kantor yang belum dibayar"),
    }
    return labels.get(account, account)


def _checks(session: Session) -> list[dict[str, Any]] | None:
    """Each check with how often it failed, up to twenty; None when there was no time for them."""
    violations = queries.violations_within(session, seconds=CHECK_SECONDS)
    if violations is None:
        return None
    failed: dict[str, list[Any]] = {}
    for violation in violations:
        failed.setdefault(violation.check, []).append(violation.row)
    # The rows name payments and agents of any office: only who watches over all offices sees them.
    everywhere = current_user.office_id is None
    return [
        {
            "name": name,
            "sentence": _(sentence),
            "failures": len(failed.get(name, ())),
            "sample": json.dumps(failed[name][0], ensure_ascii=False, default=str)
            if everywhere and name in failed
            else "",
        }
        for name, (sentence, _query) in invariants.CHECKS.items()
    ]
