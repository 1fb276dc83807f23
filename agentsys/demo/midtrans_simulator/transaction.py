"""One transaction, and the bodies of answers and notifications about it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

from agentsys.demo.midtrans_simulator.clock import gateway_time
from agentsys.demo.midtrans_simulator.vocabulary import (
    MERCHANT_ID,
    METHODS,
    NOTIFICATION_CODE,
    STATUS_CODE,
)


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
    status: str = "pending"
    settled_at: float = 0.0
    fee_idr: int = 0
    acquirer: str = ""
    description: str = ""
    return_url: str = ""
    notify_urls: list[str] = field(default_factory=list)
    echoed: dict[str, Any] = field(default_factory=dict)

    @property
    def gross_amount(self) -> str:
        """The amount, in the gateway's format."""
        return f"{self.amount_idr + self.fee_idr}.00"

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
            "fraud_status": "accept",
            "expiry_time": gateway_time(self.expires_at),
            **self.echoed,
        }
        if self.acquirer:
            facts["acquirer"] = self.acquirer
        if self.settled_at:
            facts["settlement_time"] = gateway_time(self.settled_at)
            facts |= self._payer_facts()
        if self.fee_idr:
            facts["metadata"] = {**facts.get("metadata", {}), "extra_info": self._fee_info()}
        return facts

    def _payer_facts(self) -> dict[str, Any]:
        if self.payment_type == "gopay":
            return {"payment_option_type": "GOPAY_WALLET"}
        return {"transaction_type": "on-us", "issuer": "gopay"}

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
        answer = {
            "status_code": "201",
            "status_message": METHODS[self.payment_type].created,
            **self.facts(),
            "actions": self._actions(),
        }
        if self.payment_type == "gopay":
            return answer | {
                "channel_response_code": "200",
                "channel_response_message": "Success",
            }
        return answer | {"qr_string": self.phone_url}

    def _actions(self) -> list[dict[str, Any]]:
        qr_url = f"{self.base_url}/v2/{self.payment_type}/{self.transaction_id}/qr-code"
        actions: list[dict[str, Any]] = [
            {"name": "generate-qr-code", "method": "GET", "url": qr_url}
        ]
        if self.payment_type == "qris":
            return actions
        own = f"{self.base_url}/v2/{self.transaction_id}"
        return [
            *actions,
            {"name": "deeplink-redirect", "method": "GET", "url": self.phone_url},
            {"name": "get-status", "method": "GET", "url": f"{own}/status"},
            {"name": "cancel", "method": "POST", "url": f"{own}/cancel", "fields": []},
        ]

    def status_answer(self, server_key: str) -> dict[str, Any]:
        """The answer to a request for the status."""
        code = STATUS_CODE[self.status]
        return {
            "status_code": code,
            "status_message": "Success, transaction is found",
            **self.facts(),
            "signature_key": sign(self.order_id, code, self.gross_amount, server_key),
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


def sign(order_id: str, status_code: str, gross_amount: str, server_key: str) -> str:
    """The gateway's signature over three strings and the merchant's key."""
    text = order_id + status_code + gross_amount + server_key
    return hashlib.sha512(text.encode()).hexdigest()
