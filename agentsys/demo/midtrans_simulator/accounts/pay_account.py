"""One linked GoPay account, and what a list of accounts may say of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CODE = {"PENDING": "201", "ENABLED": "200", "EXPIRED": "204", "DISABLED": "204"}
_WISHES = {
    "account_id": str,
    "phone": str,
    "status": str,
    "redirect_url": str,
    "wallet_idr": int,
    "later_idr": int,
    "blocked": bool,
}


@dataclass(kw_only=True)
class PayAccount:
    """One wallet that a payer linked, or was asked to link."""

    account_id: str
    phone: str
    created_at: float
    base_url: str
    redirect_url: str = ""
    status: str = "PENDING"
    wallet_idr: int = 1_000_000
    later_idr: int = 350_000
    blocked: bool = False
    tokens: dict[str, float] = field(default_factory=dict)  # and until when each is good

    @property
    def link_url(self) -> str:
        """The page on which the payer agrees."""
        return f"{self.base_url}/v2/gopay/redirect/{self.account_id}/link"

    def facts(self) -> dict[str, Any]:
        """What every body about this account says."""
        return {
            "status_code": CODE[self.status],
            "payment_type": "gopay",
            "account_id": self.account_id,
            "account_status": self.status,
        }


def known_account(wish: Any, *, now: float, base_url: str) -> PayAccount:
    """The account that an entry of a list describes; ValueError if the entry is wrong."""
    if not isinstance(wish, dict):
        raise ValueError(f"an account is an object, not {wish!r}")
    if not wish.get("account_id") or not wish.get("phone"):
        raise ValueError("an account needs account_id and phone")
    for name, value in wish.items():
        if type(value) is not _WISHES.get(name):
            raise ValueError(f"an account has no {name} {value!r}")
    if wish.get("status", "ENABLED") not in CODE:
        raise ValueError(f"status is one of {', '.join(CODE)}")
    known: dict[str, Any] = {"status": "ENABLED"} | wish
    return PayAccount(**known, created_at=now, base_url=base_url)
