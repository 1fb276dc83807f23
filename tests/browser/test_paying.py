"""A bill by QRIS on a phone: its code comes by itself, also after a lost answer."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.browser.people import PHONE, Person, seated
from tests.tree import SARI, Tree

pytestmark = pytest.mark.xdist_group("browser")


def bill_by_qris(sari: Person, place: int) -> None:
    """Open a worker's sheet and make a bill."""
    sari.go("Hari ini")
    sari.page.locator("li.worker").get_by_role("link", name="Tagih").nth(place).click()
    sheet = sari.page.get_by_role("dialog", name="Tagih iuran")
    sheet.get_by_role("radio", name="QRIS").check()
    sheet.get_by_role("button", name="Buat tagihan Rp").click()


def lose_answers(tree: Tree, times: int) -> None:
    """The gateway makes the charge, but so many answers are lost; 0 ends it."""
    knobs: dict[str, object] = {
        "fault": "html_502" if times else "",
        "fault_on": "charge",
        "fault_times": times,
        "fault_after": True,
    }
    requests.post(f"{tree.simulator}/_sim/knobs", json=knobs, timeout=30).raise_for_status()


def test_the_code_comes_by_itself_and_the_bill_can_be_cancelled(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE, has_touch=True) as sari:
        bill_by_qris(sari, 0)

        expect(sari.page.get_by_role("img", name="Kode QR pembayaran")).to_be_visible()
        sari.sees("Menunggu pembayaran")
        sari.press("Batalkan")
        sari.sees("Waktu pembayaran habis")
        assert sari.complaints == []


def test_a_code_whose_answer_was_lost_comes_after_trying_again(
    tree: Tree, chromium: Browser
) -> None:
    lose_answers(tree, times=3)
    try:
        with seated(chromium, tree.url, SARI, viewport=PHONE, has_touch=True) as sari:
            bill_by_qris(sari, 1)

            sari.sees("Penyedia belum menjawab")
            lose_answers(tree, times=0)
            sari.press("Coba lagi")
            expect(sari.page.get_by_role("img", name="Kode QR pembayaran")).to_be_visible()
            assert sari.complaints == []
    finally:
        lose_answers(tree, times=0)
