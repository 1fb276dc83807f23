"""A refund through the gateway: proposed on a payment's page, approved by a second person."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DESKTOP, PHONE, seated
from tests.browser.screens import faults
from tests.tree import ANDI, LINA, Tree

pytestmark = pytest.mark.xdist_group("browser")

SETTLED = """
SELECT p.id FROM payments p
WHERE p.state = 'settled' AND p.custody = 'provider' AND p.settled_at > now() - interval '5 days'
  AND NOT EXISTS (
    SELECT FROM contributions c WHERE c.payment_id = p.id AND c.remittance_id IS NOT NULL
  )
ORDER BY p.id DESC LIMIT 1
"""


@pytest.mark.parametrize("window", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_finance_proposes_a_refund_and_another_person_decides(
    tree: Tree, chromium: Browser, pictures: Path | None, window: dict[str, int]
) -> None:
    found = tree.query(SETTLED)
    payment_id = found[0][0]
    with (
        seated(chromium, tree.url, LINA, viewport=window) as lina,
        seated(chromium, tree.url, ANDI, viewport=window) as andi,
    ):
        lina.page.goto(f"{tree.url}/keuangan/pembayaran/{payment_id}")
        lina.page.get_by_text("Usulkan pengembalian").click()
        lina.page.get_by_label("Alasan").fill("Pekerja salah bayar")
        lina.shoot(pictures, f"propose-{window['width']}")
        assert faults(lina.page, "propose") == []
        lina.press("Usulkan")
        lina.sees("Usul pengembalian disimpan")

        andi.page.goto(f"{tree.url}/keuangan/pengembalian")
        andi.shoot(pictures, f"decide-{window['width']}")
        assert faults(andi.page, "decide") == []
        andi.page.get_by_role("button", name="Tolak").first.click()
        andi.sees("Usul pengembalian ditolak")
        andi.page.goto(f"{tree.url}/keuangan/pengembalian?tab=not_given")
        expect(andi.page.get_by_text("Pekerja salah bayar").first).to_be_visible()
        andi.shoot(pictures, f"refused-{window['width']}")
