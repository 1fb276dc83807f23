"""Pages of sponsors' bills: transfers, part payments, downloads and the last day."""

from __future__ import annotations

from typing import Any

import pytest

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.contributions.coverage import GRACE_MONTHS
from agentsys.sponsors import lateness
from tests.sponsors.world import PRICE, Sponsored


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def test_a_part_payment_says_whom_it_paid_and_what_is_kept(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker(), office.worker())
    bill = office.bill(agreement)
    office.pay(bill, PRICE + 500)

    page = text(visit(office.finance).get(f"/sponsor/tagihan/{bill.id}"))

    assert "Transfernya kurang. 1 pekerja pertama menurut urutan tagihan dibayar" in page
    assert "Sisa transfer sebelumnya" in page
    assert "Rp500" in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount": "16,80"}, "Tulis rupiah tanpa koma"),
        ({"amount": "0"}, "lebih dari Rp0"),
        ({"reference": "FT"}, "Isi dengan 4 sampai 40 huruf"),
        ({"received_on": "2999-01-01"}, "Tanggal masuknya belum tiba"),
        ({"received_on": ""}, "Wajib diisi"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_and_what_was_typed_stays(
    office: Sponsored, visit: Any, changed: dict[str, str], told: str
) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)
    form = {
        "key": "0" * 32,
        "amount": "16.800",
        "reference": "FT-0007",
        "received_on": f"{office.month:%Y-%m-%d}",
    } | changed

    answer = visit(office.finance).submit(f"/sponsor/tagihan/{bill.id}/transfer", **form)

    assert answer.status_code == 422
    page = text(answer)
    assert told in page
    assert f'value="{form["reference"]}"' in page


def test_a_transfer_is_refused_with_a_reason_by_whoever_confirms(
    office: Sponsored, visit: Any
) -> None:
    agreement = office.agreement()
    office.name(agreement, office.worker())
    bill = office.bill(agreement)
    transfer = office.transfer(bill, PRICE)
    admin = visit(office.admin)
    here = f"/sponsor/tagihan/{bill.id}/transfer/tolak"

    assert admin.submit(here, transfer_id=transfer.id, note="").status_code == 422
    assert admin.submit(here, transfer_id=transfer.id + 99, note="x").status_code == 404
    admin.submit(here, transfer_id=transfer.id, note="Tidak ada di rekening")

    assert office.session.get_one(Bill, bill.id).state is BillState.SENT
    assert "Tidak ada di rekening" in text(admin.get(f"/sponsor/tagihan/{bill.id}"))


def test_a_bill_can_be_downloaded_without_a_whole_nik(office: Sponsored, visit: Any) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    bill = office.bill(agreement)
    finance = visit(office.finance)

    sheet = finance.get(f"/sponsor/tagihan/{bill.id}/tagihan.xlsx")
    paper = finance.get(f"/sponsor/tagihan/{bill.id}/tagihan.pdf")

    assert sheet.data[:2] == b"PK"
    assert paper.data[:5] == b"%PDF-"
    name = f"TAG-{agreement.id}-{bill.month:%Y%m}.pdf"
    assert paper.headers["Content-Disposition"].endswith(name)


def test_the_last_day_to_save_a_list_is_the_end_of_the_months_of_grace(office: Sponsored) -> None:
    last = lateness.last_day(office.month)

    assert last < office.later(GRACE_MONTHS)
    assert (office.later(GRACE_MONTHS) - last).days == 1
