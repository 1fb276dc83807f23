"""Forms of sponsors with values that nobody types by accident."""

from __future__ import annotations

from typing import Any

import pytest

from agentsys.agreements.models import Agreement
from tests.sponsors.world import PRICE, Sponsored
from tests.web.hostile_values import TYPED
from tests.web.sponsors.test_pages import terms


def _forms(office: Sponsored, agreement: Agreement) -> dict[str, dict[str, Any]]:
    worker, month = office.worker(), f"{office.month:%Y-%m}"
    office.name(agreement, worker)
    bill = office.bill(agreement)
    transfer = office.transfer(bill, PRICE)
    version = office.version(agreement, [])
    here = f"/sponsor/perjanjian/{agreement.id}"
    return {
        "/sponsor/pemberi/baru": {"office": office.office_id, "kind": "city", "name": "Kota"},
        f"/sponsor/pemberi/{agreement.sponsor_id}": {"kind": "city", "name": "Kota"},
        f"/sponsor/pemberi/{agreement.sponsor_id}/perjanjian": {
            **terms(office),
            "most_people": "1",
            "most_idr": "1",
            "note": "x",
        },
        f"{here}/akhiri": {"month": f"{office.later(2):%Y-%m}", "note": "x"},
        f"{here}/ganti/{worker.id}": {"why": "moved", "month": month, "note": "x", "new_id": ""},
        f"/sponsor/daftar/{version.id}/tolak": {"note": "x"},
        "/sponsor/tagihan": {"month": month},
        f"/sponsor/tagihan/{bill.id}/transfer": {
            "key": "0" * 32,
            "amount": "1",
            "reference": "FT-1",
            "received_on": f"{office.month:%Y-%m-%d}",
        },
        f"/sponsor/tagihan/{bill.id}/transfer/pastikan": {"transfer_id": transfer.id},
        f"/sponsor/tagihan/{bill.id}/transfer/tolak": {"transfer_id": transfer.id, "note": "x"},
        f"/sponsor/pekerja/{worker.id}/perjanjian": {
            "agreement": agreement.id,
            "from_month": month,
        },
    }


@pytest.mark.parametrize("name", list(TYPED))
def test_no_value_of_any_field_breaks_a_page(office: Sponsored, visit: Any, name: str) -> None:
    forms = _forms(office, office.agreement())
    finance = visit(office.finance)
    broken = []

    for path, values in forms.items():
        for field in values:
            status = finance.submit(path, **(values | {field: TYPED[name]})).status_code
            if status not in (302, 400, 403, 404, 422):
                broken.append((path, field, status))

    assert broken == []
