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


# These two come first: the clock only goes on, and who paid nothing for more than three months is
# not collected from any more.
def test_cash_withdraws_a_debit_that_was_only_announced(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        day = t.announced()
        t.hands_in()
        t.collects("Tunai")
        t.sari.sees("diterima. Kuitansi")

        t.worker_reads("Belum ada debit berikutnya")
        t.go_to(day, 9)
        expect(t.agent_page().get_by_text("Berjalan")).to_be_visible()
        rest = t.opens_the_rest()
        t.shoot(pictures, "cash")
        expect(rest.get_by_role("listitem").filter(has_text="Tunai").first).to_be_visible()
        expect(rest.get_by_role("listitem").filter(has_text="Debit otomatis")).to_have_count(0)


def test_a_month_paid_by_debit_and_by_an_old_bill_is_paid_once_and_the_rest_is_the_workers(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        day = t.announced()
        t.collects("QRIS")
        order = t.order_shown()
        t.go_to(day, 9)  # the bill expires on the way
        t.worker_reads("Belum ada debit berikutnya")
        t.pays_late(order)

        t.worker_reads("Anda membayar lebih")
        t.agent_page()
        t.sari.sees("Pekerja membayar lebih")
        t.shoot(pictures, "paid-twice")
        paid = t.opens_the_rest().get_by_role("listitem").filter(has_text="KW-")
        expect(paid.first).to_contain_text("Debit otomatis GoPay")


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


def test_without_funds_a_debit_is_tried_again_and_recovered(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        day = t.announced()
        t.wallet(0)
        t.go_to(day, 9)
        t.agent_reads("Kabar: debit tidak berhasil")
        t.worker_reads("Kami mencoba lagi")
        t.shoot(pictures, "no-funds")
        t.worker.press("Saya sudah membaca")

        t.wallet(500_000)
        again = t.due_on()
        assert again is not None
        t.go_to(again, 9)
        t.worker_reads("Belum ada debit berikutnya")
        tried = t.opens_the_rest().get_by_role("listitem").filter(has_text="2 percobaan")
        expect(tried).to_contain_text("Terdebit")


def test_a_pin_is_entered_by_the_worker(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        day = t.announced()
        t.ask_for_pin_from(1)
        try:
            t.go_to(day, 9)
            told = t.agent_reads("meminta PIN pekerja")
            expect(told.locator("[data-copy*='/phone/']")).to_be_visible()
            t.worker_reads("meminta PIN Anda")
            t.shoot(pictures, "pin")
            page = t.worker.page
            page.get_by_role("link", name="Masukkan PIN di halaman penyedia").click()
            page.get_by_role("button", name="Bayar Rp").click()
            expect(page.get_by_text("Pembayaran berhasil")).to_be_visible()
            page.get_by_role("link", name="Kembali ke penjual").click()
            t.worker_reads("Belum ada debit berikutnya")
        finally:
            t.ask_for_pin_from(100_000)


def test_what_the_payer_ended_at_the_provider_ends_here_and_the_agent_visits(
    demo: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with thread(demo, chromium) as t:
        day = t.announced()
        t.revokes_at_the_provider()
        t.go_to(day, 9)

        visit = t.agent_reads("Kunjungi pekerja: debit tidak berhasil")
        t.worker_reads("Debit otomatis berakhir")
        t.shoot(pictures, "ended")
        visit.get_by_label("Hasil kunjungan").fill("Mau bayar tunai mulai sekarang")
        visit.get_by_role("button", name="Catat kunjungan").click()
        t.sari.sees("Kunjungan dicatat")
        expect(t.agent_page().get_by_text("Kunjungi pekerja")).to_have_count(0)
