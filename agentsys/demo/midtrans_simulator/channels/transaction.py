"""One transaction, and the bodies of answers and notifications about it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from agentsys.demo.midtrans_simulator.channels.methods import METHODS, Method
from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.engine.vocabulary import (
    MERCHANT_ID,
    NOTIFICATION_CODE,
    STATUS_CODE,
)

REDIRECTED = {
    "credit_card", "cimb_clicks", "bri_epay", "bca_klikpay", "danamon_online", "akulaku",
}  # fmt: skip


@dataclass(kw_only=True)
class Transaction:
    """One transaction; an order may have several, one after another."""

    transaction_id: str
    order_id: str
    payment_type: str
    amount_idr: int
    created_at: float
    expires_at: float
    base_url: str
    method: str = ""
    status: str = "pending"
    fraud_status: str = "accept"
    settled_at: float = 0.0
    captured_at: float = 0.0
    fee_idr: int = 0
    description: str = ""
    return_url: str = ""
    notify_urls: list[str] = field(default_factory=list)
    echoed: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)  # such as numbers to pay to
    paid_details: dict[str, Any] = field(default_factory=dict)  # what only a paid one says
    private: dict[str, Any] = field(default_factory=dict)  # what is remembered, never said
    refunds: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Name the method like the payment type, unless a name was given."""
        self.method = self.method or self.payment_type

    @property
    def rules(self) -> Method:
        """What its payment method allows."""
        return METHODS[self.method]

    @property
    def gross_amount(self) -> str:
        """The amount, in the gateway's format."""
        return f"{self.amount_idr + self.fee_idr}.00"

    @property
    def refunded_idr(self) -> int:
        """What was given back so far, in all."""
        return sum(refund["amount_idr"] for refund in self.refunds)

    @property
    def phone_url(self) -> str:
        """The URL of the customer's phone."""
        return f"{self.base_url}/phone/{self.transaction_id}"

    def record(self) -> dict[str, Any]:
        """The values to store."""
        return asdict(self)

    def facts(self) -> dict[str, Any]:
        """The fields that all bodies about this transaction have."""
        facts = {
            "transaction_id": self.transaction_id,
            "order_id": self.order_id,
            "merchant_id": MERCHANT_ID,
            "gross_amount": self.gross_amount,
            "currency": "IDR",
            "payment_type": self.payment_type,
            "transaction_time": gateway_time(self.created_at),
            "transaction_status": self.status,
            "fraud_status": self.fraud_status,
            "expiry_time": gateway_time(self.expires_at),
            **self.details,
            **self.echoed,
        }
        if not self.rules.says_fraud_status:
            del facts["fraud_status"]
        if self.settled_at:
            facts["settlement_time"] = gateway_time(self.settled_at)
        if self.settled_at or self.captured_at:
            facts |= self.paid_details
        if self.refunds:
            facts["refund_amount"] = f"{self.refunded_idr}.00"
            facts["refunds"] = [_refund_facts(refund) for refund in self.refunds]
        if self.fee_idr:
            facts["metadata"] = {**facts.get("metadata", {}), "extra_info": self._fee_info()}
        return facts

    def _fee_info(self) -> dict[str, Any]:
        return {
            "gross_amount_info": {
                "original_amount": str(self.amount_idr),
                "gross_amount": str(self.amount_idr + self.fee_idr),
                "customer_imposed_payment_fee": str(self.fee_idr),
            }
        }

    def charge_answer(self) -> dict[str, Any]:
        """The answer to the charge that made this transaction."""
        code = NOTIFICATION_CODE[self.status]
        message = {
            "settlement": "Success, transaction is settled",
            "capture": "Success, Credit Card transaction is successful",
            "authorize": "Success, Credit Card transaction is successful",
            "deny": f"{self.rules.label} transaction is denied",
        }.get(self.status, self.rules.created)
        return {"status_code": code, "status_message": message, **self.facts(), **self._ways()}

    def _ways(self) -> dict[str, Any]:
        """How the customer gets to the page where the payment is made."""
        if self.status != "pending":
            return {}
        qr_code = _action(
            "generate-qr-code",
            f"{self.base_url}/v2/{self.payment_type}/{self.transaction_id}/qr-code",
        )
        deeplink = _action("deeplink-redirect", self.phone_url)
        own = f"{self.base_url}/v2/{self.transaction_id}"
        gopay = [
            qr_code,
            deeplink,
            _action("get-status", f"{own}/status"),
            {"name": "cancel", "method": "POST", "url": f"{own}/cancel", "fields": []},
        ]
        success = {"channel_response_code": "200", "channel_response_message": "Success"}
        ways: dict[str, dict[str, Any]] = {
            "gopay": {"actions": gopay, **success},
            "gopay_linked": {
                "actions": [
                    _action("verification-link-url", self.phone_url),
                    _action("verification-link-app", self.phone_url),
                ],
            },
            "qris": {"actions": [qr_code], "qr_string": self.phone_url},
            "shopeepay": {
                "actions": [deeplink],
                "channel_response_code": "0",
                "channel_response_message": "success",
            },
            "dana": {"actions": [deeplink]},
        }
        return (
            {"redirect_url": self.phone_url}
            if self.method in REDIRECTED
            else ways.get(self.method, {})
        )

    def status_answer(self, server_key: str, *, quirk: bool = False) -> dict[str, Any]:
        """The answer to a request for the status."""
        code, facts = STATUS_CODE[self.status], self.facts()
        if self.status == "pending" and self.rules.pending_in_capitals:
            code, facts["transaction_status"] = "200", "PENDING"
        if self.rules.by_transaction_id_only:
            facts |= self._ways()
            if quirk:
                facts["order_id"] = self.transaction_id
        return {
            "status_code": code,
            "status_message": "Success, transaction is found",
            **facts,
            "signature_key": sign(facts["order_id"], code, self.gross_amount, server_key),
        }

    def action_answer(self, code: str, message: str) -> dict[str, Any]:
        """The answer to a successful action."""
        return {"status_code": code, "status_message": message, **self.facts()}

    def notification(
        self, server_key: str, *, status: str = "", plain: bool = False
    ) -> dict[str, Any]:
        """The notification that is sent to the merchant; `status` replaces the present state."""
        reported = status or self.status
        code = NOTIFICATION_CODE[reported]
        amount = self.gross_amount.removesuffix(".00") if plain else self.gross_amount
        return {
            **self.facts(),
            "transaction_status": reported,
            "gross_amount": amount,
            "status_code": code,
            "status_message": "midtrans payment notification",
            "signature_key": sign(self.order_id, code, amount, server_key),
        }


def _action(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "method": "GET", "url": url}


def _refund_facts(refund: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "refund_chargeback_id": refund["number"],
        "refund_chargeback_uuid": refund["uuid"],
        "refund_amount": f"{refund['amount_idr']}.00",
        "created_at": gateway_time(refund["created_at"]),
        "reason": refund["reason"],
        "refund_key": refund["refund_key"],
        "refund_method": refund["refund_method"],
    }
    if refund["confirmed_at"]:
        facts["bank_confirmed_at"] = gateway_time(refund["confirmed_at"])
    return facts


def sign(*parts: str) -> str:
    """The gateway's signature over some strings and the merchant's key, which comes last."""
    return hashlib.sha512("".join(parts).encode()).hexdigest()
