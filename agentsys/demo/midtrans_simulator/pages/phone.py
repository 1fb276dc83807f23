"""The customer's phone: a page like that of a wallet, with two buttons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from agentsys.demo.midtrans_simulator.channels.instructions import va_number
from agentsys.demo.midtrans_simulator.channels.methods import METHODS
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError
from agentsys.demo.midtrans_simulator.engine.vocabulary import WIB
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.money import format_idr

STANDINGS = {
    "pending": "Menunggu dibayar",
    "settlement": "Berhasil",
    "deny": "Ditolak",
    "cancel": "Dibatalkan penjual",
    "expire": "Kedaluwarsa",
    "authorize": "Disetujui, belum diambil",
    "capture": "Berhasil",
    "failure": "Gagal",
    "refund": "Dikembalikan",
    "partial_refund": "Dikembalikan sebagian",
    "chargeback": "Ditarik kembali lewat bank",
    "partial_chargeback": "Ditarik kembali sebagian",
}
RESULTS = {"settlement": "success", "capture": "success", "pending": "pending"}
SHOWN_ON_HOME = 200


def phone(gateway: Gateway, merchant: str) -> Blueprint:
    """The phones of all customers of one gateway."""
    pages = Blueprint("phone", __name__)
    pages.add_app_template_filter(format_idr, "idr")
    pages.add_app_template_filter(_wib, "wib")
    pages.app_context_processor(lambda: {"labels": METHODS, "standings": STANDINGS})

    @pages.errorhandler(GatewayError)
    def refused(error: GatewayError) -> tuple[str, int]:
        return render_template("phone_unknown.html"), int(error.code)

    @pages.get("/")
    def home() -> str:
        transactions = gateway.transactions()
        pending = [t for t in transactions if t.status == "pending"]
        decided = [t for t in transactions if t.status != "pending"]
        return render_template(
            "phone_home.html",
            merchant=merchant,
            pending=_newest(pending),
            decided=_newest(decided),
            total=len(transactions),
            knobs=gateway.knobs,
        )

    @pages.get("/phone/<transaction_id>")
    def show(transaction_id: str) -> str:
        transaction = gateway.find(transaction_id)
        return render_template(
            "phone_pay.html",
            t=transaction,
            numbers=_numbers(transaction),
            payable=transaction.status == "pending"
            or (transaction.status == "expire" and gateway.knobs.late_settlement),
            merchant=merchant,
            return_url=_return_url(transaction),
        )

    _decision(pages, gateway)
    _account_pages(pages, gateway, merchant)
    return pages


def _decision(pages: Blueprint, gateway: Gateway) -> None:
    @pages.post("/phone/<transaction_id>/<any(pay, deny):choice>")
    def decide(transaction_id: str, choice: str) -> Response:
        try:
            if choice == "pay":
                gateway.pay(transaction_id)
            else:
                gateway.move(transaction_id, "deny")
        except GatewayError as error:
            # Pressed twice, or too late: the page shows the present state.
            if error.code != "412":
                raise
        return redirect(url_for("phone.show", transaction_id=transaction_id), 303)


def _account_pages(pages: Blueprint, gateway: Gateway, merchant: str) -> None:
    @pages.get("/phone/account/<account_id>")
    def account(account_id: str) -> str:
        found = gateway.accounts.find(account_id)
        return render_template("phone_account.html", account=found, merchant=merchant)

    @pages.post("/phone/account/<account_id>/<any(yes, no):choice>")
    def answer(account_id: str, choice: str) -> Response:
        found = gateway.accounts.answer(account_id, agreed=choice == "yes")
        back = found.redirect_url
        if not back.startswith(("http://", "https://")):
            back = url_for("phone.account", account_id=account_id)
        return redirect(back, 303)


def _newest(transactions: Iterable[Transaction]) -> list[Transaction]:
    return sorted(transactions, key=lambda t: t.created_at, reverse=True)[:SHOWN_ON_HOME]


def _wib(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(WIB).strftime("%d/%m %H.%M")


def _numbers(transaction: Transaction) -> list[tuple[str, str]]:
    details = transaction.details
    named = (
        ("Nomor virtual account", va_number(details)),
        ("Kode perusahaan", details.get("biller_code", "")),
        ("Kode bayar", details.get("bill_key", details.get("payment_code", ""))),
    )
    return [(name, value) for name, value in named if value]


def _return_url(transaction: Transaction) -> str:
    if not transaction.return_url.startswith(("http://", "https://")):
        return ""
    result = RESULTS.get(transaction.status, "failure")
    query = urlencode({"order_id": transaction.order_id, "result": result})
    joint = "&" if "?" in transaction.return_url else "?"
    return f"{transaction.return_url}{joint}{query}"
