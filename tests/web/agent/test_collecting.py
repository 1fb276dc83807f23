"""Collecting: months, ceiling, a second tap, and receipts."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import func, select, update

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.months import add_months
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment, Receipt
from agentsys.workers.models import Enrolment
from tests.factories import (
    make_contribution,
    make_payment,
    make_worker,
)
from tests.web.agent.due_workers import collect, make_due, this_month


def test_cash_is_collected_with_a_numbered_receipt(session, vault, agent, phone):
    worker = make_due(session, vault, agent, name="Slamet Riyadi")

    answer = collect(phone, worker)

    receipt = session.scalars(select(Receipt)).one()
    assert answer.headers["Location"] == f"/kuitansi/{receipt.number}"
    page = phone.get(answer.headers["Location"]).get_data(as_text=True)
    assert receipt.number in page
    assert "Rp16.800" in page


def test_a_second_tap_collects_nothing_more(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    key = uuid.uuid4().hex

    first, second = collect(phone, worker, key=key), collect(phone, worker, key=key)

    assert first.headers["Location"] == second.headers["Location"]
    assert session.scalar(select(func.count()).select_from(Payment)) == 1


def test_a_payment_whose_plugin_is_disabled_offers_no_button_that_cannot_work(
    session, vault, agent, phone
):
    worker = make_due(session, vault, agent)
    (owed,) = session.scalars(select(Contribution))
    payment = make_payment(session, worker, [owed], channel="kupon")
    pending = PaymentReport(
        reference=payment.reference, state=PaymentState.PENDING, amount_idr=payment.amount_idr
    )
    apply_report(session, report=pending, by="test")

    page = phone.get(f"/pembayaran/{payment.id}").get_data(as_text=True)
    answer = phone.submit(f"/pembayaran/{payment.id}/periksa")

    assert "kupon" in page
    assert "sedang tidak aktif" in page
    assert "/periksa" not in page
    assert "/batal" not in page
    assert answer.status_code == 422
    assert "sedang tidak aktif" in answer.get_data(as_text=True)
    assert payment.state is PaymentState.PENDING


def test_an_older_month_cannot_be_skipped_and_the_page_says_so(session, vault, agent, phone):
    worker = make_due(session, vault, agent, late=1)

    answer = collect(phone, worker, months=[this_month()])

    assert answer.status_code == 422
    assert "paling lama" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_over_the_ceiling_cash_is_closed_and_says_deposit_first(session, vault, agent, phone):
    agent.cash_ceiling_idr = 20_000
    first, second = make_due(session, vault, agent), make_due(session, vault, agent)
    collect(phone, first)

    sheet = phone.get(f"/tagih/{second.id}").get_data(as_text=True)
    answer = collect(phone, second)

    assert "Setor dulu" in sheet
    assert answer.status_code == 422
    assert "Setor dulu" in answer.get_data(as_text=True)


def test_coming_months_are_offered_with_their_price_and_billed_when_they_are_paid(
    session, vault, agent, phone
):
    worker = make_worker(session, vault, agent=agent, enrolled_from=clock.this_month())

    page = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)
    billed_by_looking = session.scalar(select(func.count()).select_from(Contribution))
    offered = re.findall(r'name="months"\s+value="([0-9-]+)"', page)
    phone.submit(f"/tagih/{worker.id}", key=uuid.uuid4().hex, months=offered[:2], channel="cash")

    assert (len(offered), billed_by_looking) == (12, 0)
    paid = session.scalars(select(Contribution).order_by(Contribution.month)).all()
    assert [f"{c.month:%Y-%m}" for c in paid if c.payment_id] == offered[:2]
    assert len(paid) == 2


def test_a_coming_month_cannot_be_skipped_either(session, vault, agent, phone):
    worker = make_worker(session, vault, agent=agent, enrolled_from=clock.this_month())
    third = f"{add_months(clock.this_month(), 2):%Y-%m}"

    answer = collect(phone, worker, months=[third])

    assert answer.status_code == 422
    assert "paling lama" in answer.get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Payment)) == 0


@pytest.mark.parametrize("ahead", [1, 5, 200])
def test_a_refused_collection_bills_no_coming_month(session, vault, agent, phone, ahead):
    agent.cash_ceiling_idr = 1_000
    worker = make_due(session, vault, agent)
    last = f"{add_months(clock.this_month(), ahead):%Y-%m}"

    answer = collect(phone, worker, months=[this_month(), last])

    assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(Contribution)) == 1


def test_no_month_is_offered_after_a_membership_has_ended(session, vault, agent, phone):
    worker = make_worker(
        session, vault, agent=agent, enrolled_from=add_months(clock.this_month(), -2)
    )
    session.execute(
        update(Enrolment).values(
            until_month=clock.this_month(), end_reason="wished", ended_at=clock.now()
        )
    )

    page = phone.get(f"/tagih/{worker.id}")

    assert page.status_code == 200
    assert 'name="months"' not in page.get_data(as_text=True)


def test_a_refused_collection_keeps_what_the_agent_had_chosen(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    make_contribution(session, worker, add_months(clock.this_month(), -1))
    agent.cash_ceiling_idr = 1_000

    answer = phone.submit(
        f"/tagih/{worker.id}",
        key=uuid.uuid4().hex,
        months=[f"{add_months(clock.this_month(), -1):%Y-%m}"],
        channel="cash",
    )

    page = answer.get_data(as_text=True)
    boxes = re.findall(r'name="months"\s+value="([0-9-]+)"[^>]*?(\bchecked\s*)?>', page)
    assert answer.status_code == 422
    assert [bool(checked) for _month, checked in boxes] == [True, *[False] * 13]


@pytest.mark.parametrize("months", [["2026-13"], ["x"], []])
def test_months_that_are_none_get_a_sentence(session, vault, agent, phone, months):
    worker = make_due(session, vault, agent)

    answer = phone.submit(
        f"/tagih/{worker.id}", key=uuid.uuid4().hex, months=months, channel="cash"
    )

    assert answer.status_code == 422
    assert "Pilih" in answer.get_data(as_text=True)


def test_the_sheet_says_that_a_bill_is_waiting_already(session, vault, agent, phone):
    worker = make_due(session, vault, agent)
    owed = list(session.scalars(select(Contribution)))
    payment = make_payment(session, worker, owed, channel="cash")

    page = phone.get(f"/tagih/{worker.id}").get_data(as_text=True)

    assert "masih menunggu" in page
    assert f"/pembayaran/{payment.id}/batal" in page


def test_a_script_that_sent_a_collection_gets_the_address_of_the_receipt(
    session, vault, agent, phone
):
    worker, key = make_due(session, vault, agent), uuid.uuid4().hex
    sent = {
        "csrf_token": phone.token(),
        "key": key,
        "months": [this_month()],
        "channel": "cash",
    }

    first, again = (
        phone.post(f"/tagih/{worker.id}", headers={"X-Fragment": "1"}, data=sent) for _ in range(2)
    )

    receipt = session.scalars(select(Receipt)).one()
    assert first.status_code == again.status_code == 204
    assert first.headers["Location"] == again.headers["Location"] == f"/kuitansi/{receipt.number}"
    assert "diterima. Kuitansi" in phone.get(first.headers["Location"]).get_data(as_text=True)


def test_a_receipt_offers_whatsapp_to_the_payer_and_the_next_worker(session, vault, agent, phone):
    worker = make_due(session, vault, agent, phone="+628123450001")
    next_one = make_due(session, vault, agent, name="SITI AMINAH", late=1)

    page = phone.get(collect(phone, worker).location).get_data(as_text=True)

    assert "https://wa.me/628123450001?text=" in page
    assert f'href="/tagih/{next_one.id}"' in page
    assert "Tagih berikutnya: Siti Aminah Rp33.600" in page
    assert page.index("wa.me") < page.index("/tagih/") < page.index("Perjalanan iuran")
