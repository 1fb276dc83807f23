"""Only callbacks that Midtrans signed are accepted, and only their order id is used."""

import json
from pathlib import Path

import pytest

from agentsys.extension.contract import Callback, CallbackRejected
from agentsys.plugins._midtrans.signature import authentic_order, expected_signature

BODIES = Path(__file__).parents[1] / "simulator" / "bodies"
KEY = "SB-Mid-server-contoh"
ORDER = "P-26-000123"


def body(name):
    return json.loads((BODIES / f"{name}.json").read_text())


def callback_for(notification):
    content = notification if isinstance(notification, bytes) else json.dumps(notification).encode()
    return Callback(headers={}, body=content)


def test_a_signed_notification_names_its_order():
    assert authentic_order(callback_for(body("notification_settlement")), [KEY]) == ORDER


def test_a_notification_signed_with_an_older_key_is_still_believed():
    notification = callback_for(body("notification_settlement"))

    assert authentic_order(notification, ["SB-new", KEY]) == ORDER


def test_a_relabelled_notification_is_signed_all_the_same():
    # The signature covers no status: so a callback is only a reason to ask the provider.
    relabelled = body("notification_settlement") | {"transaction_status": "refund"}

    assert authentic_order(callback_for(relabelled), [KEY]) == ORDER


@pytest.mark.parametrize(
    "change",
    [
        {"signature_key": "0" * 128},
        {"signature_key": ""},
        {"signature_key": None},
        {"signature_key": "é" * 128},
        {"gross_amount": "16800"},
        {"gross_amount": "1.00"},
        {"order_id": "P-26-000124"},
        {"order_id": ""},
        {"order_id": "../etc"},
        {"order_id": ["P-26-000123"]},
        {"order_id": "\ud800"},
        {"status_code": "201"},
        {"status_code": "2OO"},
        {"status_code": "٢٠٠"},
    ],
)
def test_a_notification_that_was_touched_is_rejected(change):
    with pytest.raises(CallbackRejected):
        authentic_order(callback_for(body("notification_settlement") | change), [KEY])


def test_an_amount_without_quotes_is_hashed_as_it_is_written():
    text = json.dumps(body("notification_settlement")).replace('"16800.00"', "16800.00")

    assert authentic_order(callback_for(text.encode()), [KEY]) == ORDER


def test_another_merchants_notification_is_rejected():
    with pytest.raises(CallbackRejected):
        authentic_order(callback_for(body("notification_settlement")), ["SB-another"])


def test_a_signature_cannot_be_cut_at_another_place():
    # order 'P' + '200' + '16800.00' reads the same as order 'P2' + '001' + '6800.00'.
    signature = expected_signature("P", "200", "16800.00", KEY)
    shifted = {
        "order_id": "P2",
        "status_code": "001",
        "gross_amount": "6800.00",
        "signature_key": signature,
    }
    assert expected_signature("P2", "001", "6800.00", KEY) == signature

    with pytest.raises(CallbackRejected):
        authentic_order(callback_for(shifted), [KEY])


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b"{" * 60_000,
        b"[" * 60_000,
        b'{"order_id": NaN}',
        b'{"gross_amount": 1e999999}',
    ],
    ids=lambda value: repr(value[:12]),
)
def test_garbage_is_rejected_and_nothing_else(garbage):
    with pytest.raises(CallbackRejected):
        authentic_order(callback_for(garbage), [KEY])


def test_a_notification_that_is_too_long_is_rejected_even_if_signed():
    padded = body("notification_settlement") | {"padding": "x" * 70_000}

    with pytest.raises(CallbackRejected, match="longer"):
        authentic_order(callback_for(padded), [KEY])
