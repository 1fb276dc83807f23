"""What finance does with collected money: payouts of the gateway, and batches to BPJS."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.people import Person

KODE_IURAN = "W2611220001"


def the_gateway_pays_out(lina: Person) -> None:
    """Finance records what the gateway moved to the bank."""
    lina.go("Pencairan gateway")
    held = figure(lina.page.locator(".kpis"), "Masih di Midtrans")
    form = lina.page.locator("form.card")
    form.get_by_label("Penyedia", exact=True).select_option(label="Midtrans")
    form.get_by_label("Nomor referensi bank").fill("MID-WALK-1")
    form.get_by_label("Masuk ke rekening").fill(str(held))
    form.get_by_role("button", name="Catat", exact=True).click()
    expect(lina.page.get_by_role("row").filter(has_text="MID-WALK-1")).to_be_visible()


def collected_months_are_remitted(
    lina: Person, pictures: Path | None, *, code: str = KODE_IURAN
) -> None:
    """Finance batches what was collected, enters EPS's code, and pastes that it is PAID."""
    lina.go("Kirim ke BPJS")
    lina.page.get_by_role("button", name="Susun Kantor Keagenan Tanjung Selaras").click()
    amount = rupiah(lina.page.locator("h1 .num"))
    lina.page.get_by_label("Kode iuran").fill(code)
    lina.press("Simpan kode")
    lina.page.get_by_label("Tempel hasil LUNAS").fill(
        f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n{code}\tPAID\t{amount}\tNTPN-{code}"
    )
    lina.press("Cocokkan")
    lina.sees("LUNAS di BPJS, 1 baris dicocokkan.")
    lina.shoot(pictures, "finance-remittance")


def figure(part: Locator, label: str) -> int:
    """The number under a label."""
    return rupiah(
        part.locator("div").filter(has=part.page.locator("dt", has_text=label)).locator("dd")
    )


def rupiah(place: Locator) -> int:
    """The first number in an element, read in Indonesian format."""
    found = re.search(r"\d[\d.]*", place.first.inner_text())
    assert found, place
    return int(found.group().replace(".", ""))
