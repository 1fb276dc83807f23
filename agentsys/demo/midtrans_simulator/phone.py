"""The customer's phone: a page like that of a wallet, with two buttons."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from agentsys.demo.midtrans_simulator.gateway import Gateway, GatewayError
from agentsys.demo.midtrans_simulator.transaction import Transaction
from agentsys.demo.midtrans_simulator.vocabulary import WIB
from agentsys.money import format_idr

WALLETS = {"gopay": "GoPay", "qris": "QRIS"}
STANDINGS = {
    "pending": "Menunggu dibayar",
    "settlement": "Berhasil",
    "deny": "Ditolak",
    "cancel": "Dibatalkan penjual",
    "expire": "Kedaluwarsa",
}
RESULTS = {"settlement": "success", "pending": "pending"}
SHOWN_ON_HOME = 200


def phone(gateway: Gateway, merchant: str) -> Blueprint:
    """The phones of all customers of one gateway."""
    pages = Blueprint("phone", __name__, template_folder="templates")
    pages.add_app_template_filter(format_idr, "idr")
    pages.add_app_template_filter(_wib, "wib")
    pages.context_processor(lambda: {"wallets": WALLETS, "standings": STANDINGS})

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
            payable=transaction.status == "pending"
            or (transaction.status == "expire" and gateway.knobs.late_settlement),
            merchant=merchant,
            return_url=_return_url(transaction),
        )

    @pages.post("/phone/<transaction_id>/<any(pay, deny):choice>")
    def decide(transaction_id: str, choice: str) -> Response:
        try:
            gateway.move(transaction_id, "settlement" if choice == "pay" else "deny")
        except GatewayError as error:
            # Pressed twice, or too late: the page shows the present state.
            if error.code != "412":
                raise
        return redirect(url_for("phone.show", transaction_id=transaction_id), 303)

    return pages


def _newest(transactions: Iterable[Transaction]) -> list[Transaction]:
    return sorted(transactions, key=lambda t: t.created_at, reverse=True)[:SHOWN_ON_HOME]


def _wib(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(WIB).strftime("%d/%m %H.%M")


def _return_url(transaction: Transaction) -> str:
    if not transaction.return_url.startswith(("http://", "https://")):
        return ""
    result = RESULTS.get(transaction.status, "failure")
    query = urlencode({"order_id": transaction.order_id, "result": result})
    joint = "&" if "?" in transaction.return_url else "?"
    return f"{transaction.return_url}{joint}{query}"
