"""The decision pane of the work queue: what is decided beside the list, and what is only shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.people import DESKTOP, PHONE, Person, seated
from tests.browser.screens import faults
from tests.tree import ANDI, LINA, RATNA, Tree

pytestmark = pytest.mark.xdist_group("browser")

# The kinds that the demo has open, and what the pane offers for each.
OF_FINANCE = {
    "deposit.declared": "Uang sudah diterima",
    "remittance.open": "Simpan kode",
    "remittance.coded": "Cocokkan",
    "remittance.ready": "Susun",
    "case.other_amount": "Tutup kasus",
}


@pytest.fixture(scope="module")
def tree(chromium: Browser) -> Iterator[Tree]:
    """A separate demo city: other tests decide the open items of the shared one."""
    running = Tree(workers=120)
    running.start()
    yield running
    assert running.stop() == 0


def item(person: Person, kind: str) -> Locator:
    """The first row of a kind, on a page that shows only that kind."""
    person.page.goto(f"{person.address}/kotak-kerja/?state={kind}")
    return person.page.locator(f'tr[data-item]:has(a[href*="/{kind}/"])').first


def test_what_finance_decides_most_is_decided_beside_the_list(
    tree: Tree, chromium: Browser
) -> None:
    found: list[str] = []
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        for kind, button in OF_FINANCE.items():
            item(lina, kind).click()
            pane = lina.page.locator("#panel")
            expect(pane.get_by_role("button", name=button)).to_be_visible()
            assert "/kotak-kerja/?" in lina.page.url
            found += faults(lina.page, f"the pane of {kind}")
        assert not lina.complaints

    assert not found, "\n".join(found)


def test_a_supervisor_sees_the_flags_of_a_statement_before_approving_it(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, RATNA, viewport=DESKTOP) as ratna:
        item(ratna, "statement.submitted").click()
        pane = ratna.page.locator("#panel")

        expect(pane.get_by_role("button", name="Setujui Rp")).to_be_visible()
        expect(pane.get_by_role("heading", name="Bukti")).to_be_visible()


def test_a_refused_decision_says_why_and_keeps_what_was_typed(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        item(lina, "deposit.declared").click()
        pane = lina.page.locator("#panel")
        pane.get_by_label("Jumlah yang Anda hitung").fill("1")
        pane.get_by_role("button", name="Uang sudah diterima").click()

        expect(pane.get_by_role("alert")).to_contain_text("Hitung ulang bersama-sama")
        expect(pane.get_by_label("Jumlah yang Anda hitung")).to_have_value("1")


def test_answers_of_bpjs_that_do_not_match_are_shown_in_the_pane(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        item(lina, "remittance.coded").click()
        pane = lina.page.locator("#panel")
        pane.get_by_label("Tempel hasil LUNAS").fill(
            "KODE IURAN;STATUS;JUMLAH;NO REF\n000000000000;PAID;1;1"
        )
        pane.get_by_role("button", name="Cocokkan").click()

        expect(pane.get_by_role("alert")).to_contain_text("tidak ada di antara baris itu")


def test_money_of_a_worker_goes_back_from_the_list_by_two_persons(
    tree: Tree, chromium: Browser
) -> None:
    found: list[str] = []
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        item(lina, "worker.owed").click()
        pane = lina.page.locator("#panel")
        owed = pane.get_by_label("Jumlah").input_value()
        pane.get_by_label("Nomor referensi bank").fill("TRX-PANE-1")
        pane.get_by_label("Catatan").first.fill("Kelebihan bayar")
        found += faults(lina.page, "the pane of worker.owed")
        pane.get_by_role("button", name="Usulkan").click()
        expect(lina.page.locator("#siar")).to_contain_text("Orang kedua membukukannya")
        lina.page.goto(f"{tree.url}/kotak-kerja/?state=transfer.proposed")
        expect(lina.page.locator("tr[data-item]")).to_have_count(0)
        assert not lina.complaints

    with seated(chromium, tree.url, ANDI, viewport=DESKTOP) as andi:
        item(andi, "transfer.proposed").click()
        pane = andi.page.locator("#panel")
        expect(pane).to_contain_text("TRX-PANE-1")
        expect(pane).to_contain_text(f"Rp{owed}")
        found += faults(andi.page, "the pane of transfer.proposed")
        pane.get_by_role("button", name="Bukukan").click()
        expect(andi.page.locator("#siar")).to_contain_text("Transfer dibukukan")
        assert not andi.complaints

    assert not found, "\n".join(found)


def test_unexplained_money_is_returned_or_explained_beside_the_list(
    tree: Tree, chromium: Browser
) -> None:
    found: list[str] = []
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        page, pane = lina.page, lina.page.locator("#panel")
        for amount in ("25000", "31000"):
            page.goto(f"{tree.url}/keuangan/pencairan")
            page.locator("details summary", has_text="Catat uang tak dikenal").click()
            page.locator("#odd_idr").fill(amount)
            page.locator("#odd_reason").fill("Pesanan lama")
            page.get_by_role("button", name="Catat uang tak dikenal").click()
            expect(page.locator("#kabar .notice")).to_be_visible()
        item(lina, "money.unexplained").click()
        found += faults(page, "the pane of money.unexplained")
        pane.get_by_label("Nomor referensi bank").fill("TRX-PANE-2")
        pane.get_by_label("Dikembalikan kepada siapa").fill("Pengirim, salah transfer")
        pane.get_by_role("button", name="Usulkan pengembalian").click()
        expect(page.locator("tr[data-item]")).to_have_count(1)
        # Until then the form in the pane is the old item's.
        expect(pane).to_contain_text("Rp31.000")
        pane.get_by_label("Pembayaran yang menjelaskannya").fill("Pembayaran lama")
        pane.get_by_role("button", name="Sudah jelas").click()
        expect(page.locator("tr[data-item]")).to_have_count(0)
        assert not lina.complaints

    assert not found, "\n".join(found)


def test_a_held_contribution_is_released_beside_the_list(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        item(lina, "contribution.held").click()
        rows = lina.page.locator("tr[data-item]")
        before = rows.count()
        found = faults(lina.page, "the pane of contribution.held")
        lina.page.locator("#panel").get_by_role("button", name="Lepas").click()
        expect(rows).to_have_count(before - 1)

        assert not lina.complaints
    assert not found, "\n".join(found)


def test_a_debt_of_a_worker_shows_its_form_beside_the_list(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        item(lina, "worker.owes").click()
        pane = lina.page.locator("#panel")
        expect(pane.get_by_role("button", name="Usulkan")).to_be_visible()

        assert pane.get_by_label("Jumlah").input_value() != ""
        assert faults(lina.page, "the pane of worker.owes") == []


def test_the_list_is_worked_through_by_keys(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina:
        page, pane = lina.page, lina.page.locator("#panel")
        page.goto(f"{tree.url}/kotak-kerja/")
        links = page.locator("tr[data-item] th a")
        expect(pane.get_by_role("heading", level=1)).to_have_text(links.nth(0).inner_text())
        page.keyboard.press("j")
        expect(links.nth(1)).to_be_focused()
        page.keyboard.press("k")
        expect(links.nth(0)).to_be_focused()
        page.keyboard.press("m")
        expect(page.locator("tr[data-item]").nth(0)).to_contain_text("Anda pegang")
        page.keyboard.press("/")
        expect(page.locator("#cari-semua")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Tombol")).to_be_visible()


def test_on_a_phone_each_item_opens_its_own_page(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, LINA, viewport=PHONE) as lina:
        item(lina, "worker.owes").locator("th a").click()
        lina.page.get_by_role("link", name="Buka dan putuskan").click()

        expect(lina.page.get_by_role("heading", name="Hak dan utang pekerja")).to_be_visible()
