"""Snap: a token for a page, on which the customer chooses how to pay."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from agentsys.demo.midtrans_simulator.channels.charges import (
    amount_mistakes,
    item_mistakes,
    order_id_of,
    order_mistakes,
)
from agentsys.demo.midtrans_simulator.channels.methods import BANKS, METHODS, STORES
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError, SnapError

USED = "transaction_details.order_id has been paid and utilized, please use another order ID"
UNITS_S = {"minute": 60, "hour": 3600, "day": 86_400}
DAY_S = 86_400
ALIASES = {
    "bank_transfer": tuple(f"{bank}_va" for bank in BANKS),
    "other_va": ("bni_va",),
    "cstore": STORES,
    "other_qris": ("qris",),
}
OFFERED = (
    "credit_card", "gopay", "qris", "shopeepay", "dana", "bca_va", "bni_va", "bri_va", "cimb_va",
    "permata_va", "echannel", "indomaret", "alfamart", "cimb_clicks", "bri_epay", "bca_klikpay",
    "danamon_online", "akulaku",
)  # fmt: skip


@dataclass(kw_only=True)
class SnapToken:
    """One page of Snap."""

    token: str
    order_id: str
    payload: dict[str, Any]
    base_url: str
    expires_at: float
    notify_urls: list[str] = field(default_factory=list)
    revoked: bool = False
    transaction_id: str = ""

    @property
    def amount_idr(self) -> int:
        """What the customer is asked for."""
        return int(self.payload["transaction_details"]["gross_amount"])

    @property
    def methods(self) -> list[str]:
        """The ways to pay that the page offers; all, when the merchant named none that exist."""
        wish = self.payload.get("enabled_payments")
        named: list[str] = []
        for name in wish if isinstance(wish, list) else []:
            named += ALIASES.get(name, (name,))
        return [name for name in OFFERED if name in named] or list(OFFERED)


class Snap:
    """The tokens of all Snap pages."""

    def __init__(self, context: Context) -> None:
        """Load the stored tokens."""
        self._context = context
        self._tokens = {t["token"]: SnapToken(**t) for t in context.store.all("snap")}

    def create(
        self, payload: Any, *, base_url: str, notify_urls: list[str], is_paid: bool
    ) -> dict[str, Any]:
        """A new token, which revokes an earlier one of the order; SnapError says why not."""
        payload = payload if isinstance(payload, dict) else {}
        wrong = [
            *order_mistakes(payload, any_characters=True),
            *amount_mistakes(payload, None),
            *(item_mistakes(payload) if self._context.knobs.strict else ()),
        ]
        if wrong:
            raise SnapError("400", *wrong)
        if is_paid:
            raise SnapError("400", USED)
        order_id = order_id_of(payload)
        for earlier in self._tokens.values():
            if earlier.order_id == order_id:
                self._revoke(earlier)
        token = SnapToken(
            token=str(uuid.uuid4()),
            order_id=order_id,
            payload=payload,
            base_url=base_url.rstrip("/"),
            expires_at=self._context.now() + _page_s(payload),
            notify_urls=notify_urls,
        )
        self._tokens[token.token] = token
        self.save(token)
        url = f"{token.base_url}/snap/v4/redirection/{token.token}"
        return {"token": token.token, "redirect_url": url}

    def find(self, token: str) -> SnapToken:
        """The page of this token; GatewayError 404 when it is unknown, revoked or over."""
        found = self._tokens.get(token)
        if found is None or found.revoked or found.expires_at <= self._context.now():
            raise GatewayError("404", "Token is not found, or its page is over.")
        return found

    def newest(self, order_id: str) -> str:
        """The newest page of an order; GatewayError 404 when there is none."""
        found = [token.token for token in self._tokens.values() if token.order_id == order_id]
        if not found:
            raise GatewayError("404", "No page was made for this order.")
        return found[-1]

    def all(self) -> list[SnapToken]:
        """Every token, oldest first."""
        return list(self._tokens.values())

    def charge_payload(
        self, token: SnapToken, method: str, *, card_token: str = ""
    ) -> dict[str, Any]:
        """The charge that this choice on this page makes; GatewayError for one not offered."""
        if method not in token.methods:
            raise GatewayError("402", "Payment channel is not activated.")
        kind = METHODS[method].payment_type
        wishes: dict[str, dict[str, Any]] = {
            "bank_transfer": {"bank": method.removesuffix("_va")},
            "cstore": {"store": method},
            "credit_card": _card(_section(token.payload, "credit_card"), card_token),
        }
        number = _section(token.payload, method).get("va_number")
        section = wishes.get(kind, {}) | ({"va_number": str(number)} if number else {})
        callbacks = _section(token.payload, "callbacks")
        if callbacks.get("finish"):
            section |= {"callback_url": callbacks["finish"], "enable_callback": True}
        charge = {**token.payload, "payment_type": kind, kind: section}
        expiry = _section(token.payload, "expiry")
        if expiry:
            duration, unit = expiry.get("duration"), str(expiry.get("unit", "day")).rstrip("s")
            charge["custom_expiry"] = {"expiry_duration": duration, "unit": unit}
        return charge

    def save(self, token: SnapToken) -> None:
        """Remember this token as it is now."""
        self._context.store.save([("snap", token.token, asdict(token))])

    def _revoke(self, token: SnapToken) -> None:
        if not token.revoked:
            token.revoked = True
            self.save(token)


def _section(payload: dict[str, Any], name: str) -> dict[str, Any]:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def _card(wish: dict[str, Any], card_token: str) -> dict[str, Any]:
    """A card as the Core API takes it, from what a merchant wishes of Snap."""
    asked = {"token_id": card_token, "authentication": wish.get("secure", True)}
    if wish.get("save_card"):
        asked["save_token_id"] = True
    return asked | {name: wish[name] for name in ("type", "bank") if name in wish}


def _page_s(payload: dict[str, Any]) -> float:
    wish = _section(payload, "page_expiry")
    duration, unit = wish.get("duration"), str(wish.get("unit", "day")).rstrip("s")
    if type(duration) is not int or unit not in UNITS_S:
        return DAY_S
    return min(max(duration * UNITS_S[unit], 300), 7 * DAY_S)
