"""The virtual account of a bill on its page: choosing, the number, cancelling, and wrong users."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from agentsys import callback_jobs, jobs
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import Fee, Limits, PaymentState
from agentsys.payments.models import Case, Payment
from agentsys.people.models import RoleName
from agentsys.runtime import KEY
from tests.documents.reading import lines_of
from tests.factories import make_office, make_user
from tests.payments.provider import callback_for
from tests.plugins.midtrans_channels import all_channels
from tests.sponsors.banking import Banking
from tests.sponsors.world import PRICE, Sponsored

P = PaymentState
SUM = 3 * PRICE


@pytest.fixture
def banking(app: Flask, office: Sponsored) -> Iterator[Banking]:
    """A sent bill of three workers, and a bank that is installed."""
    built = Banking(office)
    built.session.commit()
    channels = app.extensions[KEY].registry.channels
    channels[built.channel.name] = built.channel
    yield built
    del channels[built.channel.name]


@pytest.fixture
def finance(banking: Banking, visit: Any) -> Any:
    """Finance's browser."""
    return visit(banking.office.finance)


def here(banking: Banking) -> str:
    """The address of the bill."""
    return f"/sponsor/tagihan/{banking.bill.id}"


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def choose(browser: Any, banking: Banking, **changes: object) -> Any:
    """Choose the bank."""
    form = {"key": uuid.uuid4().hex, "channel": banking.channel.name, "shown_idr": SUM}
    return browser.submit(f"{here(banking)}/va", **(form | changes))


def payments(banking: Banking) -> list[Payment]:
    """What was asked for."""
    return list(banking.session.scalars(select(Payment).order_by(Payment.id)))


def run_jobs(banking: Banking) -> None:
    """A worker process asks the provider."""
    banking.session.commit()
    jobs.ask_providers()
    banking.session.expire_all()


def test_the_bill_is_paid_from_the_button_to_the_banks_report(
    finance: Any, banking: Banking, client: Any
) -> None:
    assert choose(finance, banking).status_code == 302
    assert "Menyiapkan tagihan" in text(finance.get(here(banking)))
    run_jobs(banking)
    page = text(finance.get(here(banking)))
    assert "Nomor virtual account" in page
    assert "Rp50.400" in page
    [payment] = payments(banking)
    banking.channel.says(payment.reference, P.SETTLED, SUM)

    notice = callback_for(payment.reference)
    told = client.post(
        f"/callbacks/{banking.channel.name}", data=notice.body, headers=dict(notice.headers)
    )
    callback_jobs.process_callbacks()
    banking.session.expire_all()

    assert told.status_code == 200
    assert banking.session.get_one(Bill, banking.bill.id).state is BillState.PAID
    page = text(finance.get(here(banking)))
    assert "3 pekerja dibayar, Rp50.400" in page
    assert "Bayar lewat virtual account" not in page


def test_the_banks_that_take_the_sum_are_offered(finance: Any, banking: Banking) -> None:
    banking.channel.fee = Fee(flat_idr=4_000)
    page = text(finance.get(here(banking)))
    assert "Bayar lewat virtual account" in page
    assert "Bank Sponsor" in page
    assert "biaya Rp4.000" in page
    assert f'name="shown_idr" value="{SUM}"' in page

    banking.channel.limits = Limits(max_idr=SUM - 1)

    assert "Bayar lewat virtual account" not in text(finance.get(here(banking)))


def test_the_number_is_in_the_files_while_it_can_be_paid(finance: Any, banking: Banking) -> None:
    choose(finance, banking)
    run_jobs(banking)
    finance.get(f"{here(banking)}/tagihan.xlsx")

    paper = str(lines_of(finance.get(f"{here(banking)}/tagihan.pdf").data))
    banking.report(payments(banking)[0], P.SETTLED)
    after = str(lines_of(finance.get(f"{here(banking)}/tagihan.pdf").data))

    assert "90000012" in paper
    assert "90000012" not in after


def test_pressing_twice_asks_once(finance: Any, banking: Banking) -> None:
    key = uuid.uuid4().hex

    for _ in range(2):
        assert choose(finance, banking, key=key).status_code == 302

    assert len(payments(banking)) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"channel": "tidak-ada"}, "Pilih bank"),
        ({"channel": "cash"}, "tidak dapat dibayar dengan cara ini"),
        ({"shown_idr": "1"}, "membutuhkan Rp50.400"),
        ({"shown_idr": "x"}, "membutuhkan Rp50.400"),
        ({"key": "x"}, "Kunci permintaan tidak sah"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_asked(
    finance: Any, banking: Banking, changes: dict[str, str], told: str
) -> None:
    answer = choose(finance, banking, **changes)

    assert answer.status_code == 302
    assert told in text(finance.get(here(banking)))
    assert payments(banking) == []


def test_cancelling_before_the_bank_was_asked_offers_the_banks_again(
    finance: Any, banking: Banking
) -> None:
    choose(finance, banking)

    finance.submit(f"{here(banking)}/va/batal")

    assert [payment.state for payment in payments(banking)] == [P.EXPIRED]
    page = text(finance.get(here(banking)))
    assert "Bayar lewat virtual account" in page
    assert "Virtual account sebelumnya" in page


def test_cancelling_a_number_asks_the_bank_first(finance: Any, banking: Banking) -> None:
    choose(finance, banking)
    run_jobs(banking)

    finance.submit(f"{here(banking)}/va/batal")
    between = text(finance.get(f"{here(banking)}/va/keadaan"))
    [payment] = payments(banking)
    banking.channel.says(payment.reference, P.EXPIRED, SUM)
    run_jobs(banking)

    assert "Membatalkan tagihan" in between
    assert [each.state for each in payments(banking)] == [P.EXPIRED]


def test_while_the_gateway_is_down_nothing_is_lost_and_it_is_asked_again(
    finance: Any, banking: Banking
) -> None:
    banking.channel.down = True
    choose(finance, banking)
    run_jobs(banking)
    page = text(finance.get(here(banking)))
    assert "Menyiapkan tagihan" in page
    assert [payment.state for payment in payments(banking)] == [P.CREATED]

    banking.channel.down = False
    finance.submit(f"{here(banking)}/va/periksa")
    run_jobs(banking)

    assert "Nomor virtual account" in text(finance.get(here(banking)))


def test_a_number_of_another_sum_than_the_bill_needs_now_says_so(
    finance: Any, banking: Banking
) -> None:
    choose(finance, banking)
    run_jobs(banking)
    banking.office.pay(banking.bill, PRICE)
    banking.session.commit()

    assert "Tagihan ini kini membutuhkan Rp33.600" in text(finance.get(here(banking)))


def test_nobody_else_asks_sees_or_cancels(finance: Any, banking: Banking, visit: Any) -> None:
    choose(finance, banking)
    elsewhere = visit(
        make_user(banking.session, RoleName.FINANCE, office_id=make_office(banking.session).id)
    )
    auditor = visit(
        make_user(banking.session, RoleName.AUDITOR, office_id=banking.office.office_id)
    )

    assert elsewhere.get(f"{here(banking)}/va/keadaan").status_code == 404
    for stranger, status in ((elsewhere, 404), (auditor, 403)):
        for what in ("va", "va/periksa", "va/batal"):
            answer = stranger.submit(f"{here(banking)}/{what}")
            assert answer.status_code == status
    assert "Batalkan" not in text(auditor.get(f"{here(banking)}/va/keadaan"))
    assert [payment.state for payment in payments(banking)] == [P.CREATED]


def test_a_bill_without_a_number_says_so_and_has_nothing_to_cancel(
    finance: Any, banking: Banking
) -> None:
    assert "belum punya virtual account" in text(finance.get(f"{here(banking)}/va/keadaan"))
    for what in ("periksa", "batal"):
        assert finance.submit(f"{here(banking)}/va/{what}").status_code == 404


def test_a_case_about_it_names_the_sponsor_and_leads_to_the_bill(
    finance: Any, banking: Banking
) -> None:
    choose(finance, banking)
    run_jobs(banking)
    [payment] = payments(banking)
    banking.report(payment, P.SETTLED, SUM + 700)
    banking.session.commit()
    case_id = banking.session.scalars(select(Case.id)).one()

    listed = text(finance.get("/keuangan/kasus"))
    page = text(finance.get(f"/keuangan/kasus/{case_id}"))
    paid = text(finance.get(f"/keuangan/pembayaran/{payment.id}"))

    sponsor = banking.agreement.sponsor.name
    assert sponsor in listed
    assert sponsor in page
    assert "Uang disimpan untuk sponsor" in page
    assert here(banking) in page
    assert "Tagihan sponsor" in paid
    assert "perlu diperiksa" in text(finance.get(here(banking)))


def test_closing_the_case_keeps_the_money_for_the_sponsor(finance: Any, banking: Banking) -> None:
    choose(finance, banking)
    run_jobs(banking)
    banking.report(payments(banking)[0], P.SETTLED, PRICE)
    case_id = banking.session.scalars(select(Case.id)).one()

    finance.submit(f"/keuangan/kasus/{case_id}", choice="to_worker", note="Bendahara dihubungi")

    assert banking.session.scalar(select(func.count()).where(Case.closed_at.is_(None))) == 0
    page = text(finance.get(here(banking)))
    assert "Sisa transfer sebelumnya" in page
    assert f'name="shown_idr" value="{2 * PRICE}"' in page


def test_the_gateways_simulator_opens_the_sponsors_own_number_and_is_paid(
    app: Flask, finance: Any, banking: Banking
) -> None:
    with Simulator() as sim:
        channel = all_channels(sim)["bri_va"]
        app.extensions[KEY].registry.channels[channel.name] = channel
        try:
            choose(finance, banking, channel=channel.name)
            run_jobs(banking)
            [payment] = payments(banking)
            number = payment.codes[0]["value"]
            sim.gateway.pay(payment.reference)
            finance.submit(f"{here(banking)}/va/periksa")
            run_jobs(banking)
        finally:
            del app.extensions[KEY].registry.channels[channel.name]

    assert number.endswith(str(9 * 10**12 + banking.agreement.sponsor.id))
    assert banking.session.get_one(Bill, banking.bill.id).state is BillState.PAID
    assert banking.balances()["clearing:midtrans"] == SUM
