"""Auto-debit on phones: from the agent's invitation to the month that BPJS confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.auto_debit import thread
from tests.browser.finance import collected_months_are_remitted, the_gateway_pays_out
from tests.browser.people import seated
from tests.tree import LINA, Tree

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def demo(chromium: Browser) -> Iterator[Tree]:
    """`agentsys run` of its own: these tests advance its clock."""
    running = Tree(workers=120)
    running.start()
    yield running
    assert running.stop() == 0


def test_a_month_is_paid_by_itself_from_the_link_to_the_confirmation(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        t.begin_of_month()
        t.invited()
        t.agrees()
        day = t.reads_the_notice()

        t.go_to(day, 9)
        t.worker_reads("Belum ada debit berikutnya")
        page = t.opens_the_rest()
        receipt = page.get_by_role("listitem").filter(has_text="Debit otomatis GoPay")
        expect(receipt).to_contain_text("Diterima")
        receipt.get_by_role("link").click()
        t.worker.sees("Kuitansi asli")
        with seated(chromium, demo.url, LINA) as lina:
            the_gateway_pays_out(lina)
            collected_months_are_remitted(lina, pictures)
        t.worker.page.go_back()
        t.worker.page.reload()
        expect(receipt).to_contain_text("LUNAS di BPJS")
        t.shoot(pictures, "confirmed")
