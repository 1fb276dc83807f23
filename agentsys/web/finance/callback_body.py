"""A callback's body without personal data: only values of known fields are shown."""

from __future__ import annotations

import json
import re
from typing import Any

from flask_babel import gettext as _

HIDDEN = "•••"
# Provider fields with the payment's state, and no personal data of the payer.
_SAFE = {
    "amount",
    "currency",
    "event",
    "expiry_time",
    "external_id",
    "fraud_status",
    "gross_amount",
    "id",
    "merchant_id",
    "order_id",
    "payment_type",
    "reference",
    "refund_amount",
    "refunds",
    "settlement_time",
    "status",
    "status_code",
    "transaction_id",
    "transaction_status",
    "transaction_time",
    "transaction_type",
}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_DEEPEST = 6
_MOST = 60
_LONGEST = 80


def masked_body(body: bytes) -> str:
    """The body as indented JSON, with values of unknown fields hidden; a note if it is not JSON."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return _("(%(n)s bita, bukan JSON: tidak ditampilkan)", n=len(body))
    return json.dumps(_masked(content, safe=False, depth=0), indent=2, ensure_ascii=False)


def _masked(value: Any, *, safe: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, dict):
        return {
            (name if _NAME.fullmatch(name) else HIDDEN): _masked(
                inner, safe=name.lower() in _SAFE, depth=depth + 1
            )
            for name, inner in list(value.items())[:_MOST]
        }
    if isinstance(value, list):
        return [_masked(inner, safe=safe, depth=depth + 1) for inner in value[:_MOST]]
    if value is None or isinstance(value, bool):
        return value
    if safe and isinstance(value, (str, int, float)):
        text = str(value)
        return text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")
    return HIDDEN
