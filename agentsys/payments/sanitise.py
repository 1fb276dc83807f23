"""What is kept of what a provider says, whatever it says it in."""

from __future__ import annotations

import json
import re
from typing import Any

from agentsys.extension.contract import PaymentReport
from agentsys.payments.models import Payment


def note(payment: Payment, report: PaymentReport) -> None:
    """Keep what the report says beside the state; silence erases nothing but the reason."""
    payment.provider_ref = plain(report.provider_ref, 80) or payment.provider_ref
    payment.pay_url = plain(report.pay_url, 500) or payment.pay_url
    payment.qr_string = plain(report.qr_string, 1000) or payment.qr_string
    payment.expires_at = report.expires_at or payment.expires_at
    payment.reason = plain(report.reason, 200)


def plain(text: str, limit: int) -> str:
    """The text as a column takes it."""
    # PostgreSQL takes no NUL and no half of a surrogate pair; a provider's odd text must not keep
    # money from being booked.
    return text.replace("\0", "").encode(errors="replace").decode()[:limit]


def as_json(report: PaymentReport) -> dict[str, Any]:
    """The whole report, for the move that it led to."""
    text = json.dumps(vars(report), default=str, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    text = re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", r"\1", text)
    # NaN and Infinity are numbers to Python's JSON, and no JSON to PostgreSQL.
    kept: dict[str, Any] = json.loads(text, parse_constant=str)
    return kept
