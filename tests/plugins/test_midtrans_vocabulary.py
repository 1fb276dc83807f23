"""Translation of Midtrans' answers; unclear answers mean that the state is unknown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsys.extension.contract import ChannelUnavailable, PaymentState, Refunded
from agentsys.plugins._midtrans.vocabulary import midtrans_time, report_of

BODIES = Path(__file__).parents[1] / "simulator" / "bodies"
KEY = "SB-Mid-server-contoh"
ORDER = "P-26-000123"


def body(name):
    return json.loads((BODIES / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("charge_gopay_pending", PaymentState.PENDING),
        ("charge_qris_pending", PaymentState.PENDING),
        ("status_settlement", PaymentState.SETTLED),
        ("status_settlement_with_fee", PaymentState.SETTLED),
        ("status_pending_shouted", PaymentState.PENDING),
        ("status_expired", PaymentState.EXPIRED),
        ("status_denied", PaymentState.FAILED),
        ("status_refund", PaymentState.REFUNDED),
    ],
)
def test_recorded_answers_are_understood(name, state):
    report = report_of(body(name), ORDER)

    assert (report.state, report.amount_idr) == (state, 16_800)
    assert report.provider_ref == "7b1f0a52-3c1e-4f0e-9a37-0d5b8c2e6f11"
    assert "signature_key" not in report.raw


@pytest.mark.parametrize(
    "change",
    [
        {"transaction_status": "teleported"},
        {"transaction_status": None},
        {"transaction_status": ["settlement"]},
        {"status_code": "201"},
        {"status_code": 200},
        {"currency": "USD"},
        {"order_id": "P-26-000124"},
        {"order_id": None},
        {"gross_amount": "16800.50"},
        {"gross_amount": "-16800.00"},
        {"gross_amount": "1e6"},
        {"gross_amount": None},
    ],
)
def test_an_answer_that_is_not_plain_means_that_we_do_not_know(change):
    with pytest.raises(ChannelUnavailable):
        report_of(body("status_settlement") | change, ORDER)


@pytest.mark.parametrize(
    ("answer", "change", "left_idr"),
    [
        ("status_partial_refund", {}, 10_000),
        ("status_partial_refund", {"refund_amount": None}, 16_800),
        ("status_partial_refund", {"refund_amount": "99999.00"}, 0),
        ("status_partial_refund", {"transaction_status": "PARTIAL_CHARGEBACK"}, 10_000),
        ("status_settlement", {"transaction_status": "chargeback"}, 0),
        ("status_settlement", {"fraud_status": "challenge"}, 16_800),
        ("status_settlement", {"fraud_status": "deny"}, 16_800),
    ],
)
def test_money_that_is_not_whole_or_not_sure_is_for_a_person(answer, change, left_idr):
    report = report_of(body(answer) | change, ORDER)

    assert report.for_a_person
    assert report.amount_idr == left_idr


def test_a_fee_that_does_not_add_up_is_not_taken_away():
    answer = body("status_settlement_with_fee") | {"gross_amount": "1.00"}

    with pytest.raises(ChannelUnavailable):
        report_of(answer, ORDER)


@pytest.mark.parametrize(
    ("paid", "amount_idr"),
    [
        ([], 16_800),
        ([{"paid_at": "2026-11-20 09:20:00", "amount": "16800.00"}], 16_800),
        ([{"amount": "10000.00"}, {"amount": "6800.00"}], 16_800),
        ([{"amount": "10000.00"}], 10_000),
        ([{"amount": "16800.00"}, {"amount": "16800.00"}], 33_600),
    ],
)
def test_what_was_paid_into_a_virtual_account_counts_and_not_the_bill(paid, amount_idr):
    answer = body("status_settlement") | {"payment_amounts": paid}

    assert report_of(answer, ORDER).amount_idr == amount_idr


@pytest.mark.parametrize("paid", [[{}], ["16800"], [{"amount": "x"}], 5])
def test_payments_that_cannot_be_read_mean_that_we_do_not_know(paid):
    with pytest.raises(ChannelUnavailable):
        report_of(body("status_settlement") | {"payment_amounts": paid}, ORDER)


def test_each_refund_is_reported_once_and_confirmed_by_the_second_notice():
    first = {"refund_key": "R-1", "refund_amount": "6800.00"}
    answer = body("status_partial_refund") | {
        "refunds": [
            first,
            first | {"bank_confirmed_at": "2026-11-21 10:00:00"},
            {"refund_amount": "1000.00"},
            {"refund_key": "R-2", "refund_amount": None},
            "R-3",
        ]
    }

    assert report_of(answer, ORDER).refunds == [
        Refunded(key="R-1", amount_idr=6_800, confirmed=True),
        Refunded(key="", amount_idr=1_000, confirmed=False),
    ]


def test_a_gopay_bill_opens_the_app_and_lasts_fifteen_minutes_unless_told():
    report = report_of(body("charge_gopay_pending"), ORDER)

    assert report.pay_url.startswith("gojek://gopay/merchanttransfer?")
    assert report.expires_at == datetime(2026, 11, 20, 2, 30, 2, tzinfo=UTC)


def test_a_qris_bill_has_its_string_and_the_expiry_that_it_spells_otherwise():
    report = report_of(body("charge_qris_with_string"), ORDER)

    assert report.qr_string.startswith("000201")
    assert report.pay_url == ""
    assert report.expires_at == datetime(2026, 11, 20, 3, 15, 2, tzinfo=UTC)


def test_a_qris_bill_without_a_string_offers_the_picture():
    report = report_of(body("charge_qris_pending"), ORDER)

    assert report.pay_url.endswith("/qr-code")


def test_a_link_of_a_dangerous_kind_is_dropped():
    answer = body("charge_gopay_pending")
    answer["actions"] = [{"name": "deeplink-redirect", "url": "javascript:alert(1)"}]

    assert report_of(answer, ORDER).pay_url == ""


@pytest.mark.parametrize("text", ["", None, "yesterday", "2026-11-20T09:15:02Z", 7])
def test_a_time_that_cannot_be_read_is_no_time(text):
    assert midtrans_time(text) is None
