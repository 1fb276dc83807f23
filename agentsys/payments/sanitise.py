"""Sanitising provider reports before they are stored."""

from __future__ import annotations

import json
import re
from typing import Any

from agentsys.extension.contract import PayCode, PaymentReport
from agentsys.payments.models import Payment

RAW_MAX = 16_000  # characters of a provider's answer that are kept
CODES_MAX = 8


def note(payment: Payment, report: PaymentReport) -> None:
    """Store the report's details other than the state; a missing value clears only the reason."""
    payment.provider_ref = plain(report.provider_ref, 80) or payment.provider_ref
    payment.pay_url = plain(report.pay_url, 500) or payment.pay_url
    payment.qr_string = plain(report.qr_string, 1000) or payment.qr_string
    payment.codes = [_stored(code) for code in report.codes][:CODES_MAX] or payment.codes
    payment.expires_at = report.expires_at or payment.expires_at
    payment.reason = plain(report.reason, 200)


def _stored(code: PayCode) -> dict[str, Any]:
    return {
        "label": plain(code.label, 60),
        "value": plain(code.value, 60),
        "copyable": code.copyable,
    }


def plain(text: str, limit: int) -> str:
    """The text without characters that PostgreSQL cannot store."""
    # PostgreSQL rejects NUL and lone surrogates; a provider's malformed text must not keep
    # money from being booked.
    return text.replace("\0", "").encode(errors="replace").decode()[:limit]


def as_json(report: PaymentReport) -> dict[str, Any]:
    """The report as JSON, stored with the state change that it caused; a long answer is cut."""
    values = vars(report)
    text = json.dumps(values, default=str, ensure_ascii=False)
    if len(text) > RAW_MAX:
        raw = json.dumps(report.raw, default=str, ensure_ascii=False)
        if len(raw) > RAW_MAX:
            values = values | {"raw": {"cut": raw[:RAW_MAX]}}
            text = json.dumps(values, default=str, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    if "\\u0000" in text:
        text = re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", r"\1", text)
    # Python's JSON accepts NaN and Infinity; PostgreSQL rejects them.
    kept: dict[str, Any] = json.loads(text, parse_constant=str)
    return kept
