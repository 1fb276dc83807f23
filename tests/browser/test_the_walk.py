"""The whole life of a contribution, by clicks as users would do them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from python_calamine import CalamineWorkbook

from agentsys.demo.roster import FIRST_ROW, write_roster
from tests.browser.finance import (
    collected_months_are_remitted,
    figure,
    rupiah,
    the_gateway_pays_out,
)
from tests.browser.lists import the_list_is_imported
from tests.browser.people import DESKTOP, PHONE, Person, seated
from tests.tree import LINA, RATNA, SARI, Tree

pytestmark = pytest.mark.xdist_group("browser")

ROWS = 2_000


def test_a_contribution_lives_from_the_roster_to_the_approved_commission(
    tree: Tree, chromium: Browser, tmp_path: Path, pictures: Path | None
) -> None:
    by_wallet, in_cash = _write_list(tmp_path / "daftar-rentan.xlsx")
    with (
        seated(chromium, tree.url, RATNA, viewport=DESKTOP) as ratna,
        seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina,
        seated(chromium, tree.url, SARI, viewport=PHONE, has_touch=True) as sari,
        seated(chromium, tree.url, viewport=PHONE) as anybody,
    ):
        sari.shoot(pictures, "agent-portfolio")
        a_roster_comes_in(ratna, lina, tmp_path / "daftar-rentan.xlsx")
        contributions_are_billed(lina)
        paid = one_is_paid_by_wallet(sari, by_wallet, pictures)
        receipt = one_is_paid_in_cash(sari, in_cash, pictures)
        steps_of_the_receipt(anybody, receipt, done=1)
        the_cash_is_handed_over(sari, lina)
        the_gateway_pays_out(lina)
        collected_months_are_remitted(lina, pictures)
        steps_of_the_receipt(anybody, receipt, done=3)
        the_worker_is_covered(sari, by_wallet)
        the_worker_is_covered(sari, in_cash)
        commissions_are_computed(lina)
        earned = the_agent_sees_why(sari, [paid, receipt], pictures)
        the_supervisor_approves(ratna, earned, pictures)
        sari.page.reload()
        sari.sees("Disetujui")
        audit = tree.command("audit")
        assert audit.returncode == 0, audit.stdout
        the_books_are_green(lina, pictures)
        assert [p.complaints for p in (ratna, lina, sari, anybody)] == [[], [], [], []]


def a_roster_comes_in(ratna: Person, lina: Person, file: Path) -> None:
    """The supervisor uploads a list and watches it until every row is accounted for."""
    ratna.go("Daftar pekerja")
    page = ratna.page
    page.locator("input#file").set_input_files(file)
    page.get_by_label("Agen pengelola").select_option(label="Sari Lestari (AG-001)")
    page.get_by_label("Pembayar iuran").select_option("Pekerja sendiri")
    ratna.press("Unggah dan periksa")
    progress = the_list_is_imported(ratna, lina)

    counted = figure(progress, "Diterima") + figure(progress, "Ditolak")
    assert counted == ROWS
    assert figure(progress, "Ditolak") > 0
    ratna.sees(f"/ {ROWS:,} baris".replace(",", "."))
    expect(page.get_by_role("link", name="Unduh baris ditolak")).to_be_visible()
    expect(
        page.get_by_role("table", name="Catatan per baris").get_by_text("Ditolak").first
    ).to_be_visible()


def contributions_are_billed(lina: Person) -> None:
    """Finance bills this month; the new workers are among the new bills."""
    lina.go("Penagihan")
    lina.press("Buat tagihan")
    run = lina.page.locator("#penagihan")
    expect(run.get_by_text("Selesai")).to_be_visible(timeout=60_000)
    assert figure(run, "Tagihan baru") > ROWS // 2


def commissions_are_computed(lina: Person) -> None:
    """Finance has this month's commissions computed, and sees the run end."""
    lina.go("Hitung komisi")
    lina.press("Hitung")
    newest = lina.page.locator("#hitungan tbody tr").first
    expect(newest).to_contain_text("Lina", timeout=60_000)
    expect(newest).to_contain_text("Selesai", timeout=60_000)


def one_is_paid_by_wallet(sari: Person, worker: str, pictures: Path | None) -> str:
    """The agent shows a GoPay bill; the customer pays on a phone; the page updates by itself."""
    sheet = _sheet(sari, worker)
    sheet.get_by_role("radio", name="GoPay").check()
    sari.shoot(pictures, "agent-collect")
    sheet.get_by_role("button", name="Buat tagihan Rp").click()
    page = sari.page
    sari.sees("Menunggu pembayaran")
    sari.shoot(pictures, "agent-waiting")
    phone = page.context.new_page()
    sari.watch(phone)
    phone.goto(str(page.get_by_role("link", name="Buka GoPay").get_attribute("href")))
    phone.get_by_role("button", name="Bayar Rp").click()
    expect(phone.get_by_text("Pembayaran berhasil")).to_be_visible()
    phone.close()

    sari.sees("Pembayaran diterima")
    page.get_by_role("link", name="Buka kuitansi").click()
    return _receipt_address(page)


def one_is_paid_in_cash(sari: Person, worker: str, pictures: Path | None) -> str:
    """The agent takes a banknote, gives change, and gets a numbered receipt at once."""
    sheet = _sheet(sari, worker)
    sheet.get_by_role("radio", name="Tunai").check()
    total = rupiah(sheet.locator("[data-total]"))
    sheet.get_by_label("Jumlah lain").fill("50000")
    assert rupiah(sheet.locator("[data-change]")) == 50_000 - total
    sheet.get_by_role("button", name="Terima Rp").click()

    sari.page.get_by_text("Rincian kuitansi").click()
    sari.sees("Perjalanan iuran")
    expect(sari.page.locator(".notice").get_by_text("diterima. Kuitansi")).to_be_visible()
    sari.shoot(pictures, "agent-receipt")
    return _receipt_address(sari.page)


def the_cash_is_handed_over(sari: Person, lina: Person) -> None:
    """The agent counts and declares all cash; finance counts again and confirms."""
    sari.go("Setoran")
    sari.page.get_by_label("Uang yang Anda hitung").fill("1")
    sari.press("Catat hitungan dulu")
    held = rupiah(sari.page.locator("form .total .num").last)
    sari.page.get_by_label("Uang yang Anda hitung").fill(str(held))
    sari.page.get_by_label("Nomor bukti setor").fill("TRF-WALK-1")
    sari.page.get_by_role("main").get_by_role("button", name="Setor", exact=True).click()
    sari.sees("Keuangan akan menghitung dan mengonfirmasi")

    lina.go("Setoran agen")
    row = lina.page.get_by_role("row").filter(has_text="TRF-WALK-1")
    row.get_by_role("button", name="Periksa").click()
    dialog = lina.page.get_by_role("dialog", name="Setoran Sari Lestari")
    dialog.get_by_label("Jumlah yang Anda hitung").fill(str(held))
    dialog.get_by_role("button", name="Uang sudah diterima").click()
    expect(row).to_have_count(0)
    sari.page.reload()
    sari.sees("Tidak ada titipan")


def steps_of_the_receipt(anybody: Person, receipt: str, *, done: int) -> None:
    """A receipt's page shows the progress of the money, and no private data."""
    anybody.page.goto(receipt)
    anybody.sees("Kuitansi asli")
    steps = anybody.page.locator("ol.trail li")
    expect(steps).to_have_count(3)
    expect(anybody.page.locator("ol.trail li.done")).to_have_count(done)
    assert not re.search(r"\d{16}|\+?62\d{8,}", anybody.page.inner_text("body"))


def the_worker_is_covered(sari: Person, worker: str) -> None:
    """The worker's page says that the month is paid at BPJS."""
    _find(sari, worker)
    sari.page.get_by_role("main").get_by_role("heading", level=3).get_by_role("link").click()
    paid = sari.page.get_by_role("listitem").filter(has_text="KW-")
    expect(paid.get_by_text("LUNAS di BPJS")).to_be_visible()


def the_agent_sees_why(sari: Person, receipts: list[str], pictures: Path | None) -> int:
    """The agent's statement of this month gives a reason for each rupiah."""
    sari.go("Komisi")
    sari.page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()
    sari.sees("Setiap rupiah dan alasannya")
    total = rupiah(sari.page.locator(".total .num").first)
    lines = sari.page.get_by_role("table", name="Rincian komisi").locator("tbody tr")
    sums = _sums(sari.page, lines)
    assert len(sums) >= len(receipts)
    assert sum(sums) == total > 0
    expect(lines.first).to_contain_text(re.compile(r"\d+(,\d+)?% × Rp"))
    sari.sees("Menunggu persetujuan")
    sari.shoot(pictures, "agent-statement")
    return total


def _sums(page: Page, lines: Locator) -> list[int]:
    """The sum of each line, over all pages of the statement."""
    sums = [rupiah(line.locator("td b")) for line in lines.all()]
    following = page.get_by_role("link", name="Berikutnya")
    while following.count():
        first = lines.first.inner_text()
        following.click()
        expect(lines.first).not_to_have_text(first)
        sums += [rupiah(line.locator("td b")) for line in lines.all()]
    return sums


def the_supervisor_approves(ratna: Person, earned: int, pictures: Path | None) -> None:
    """The supervisor ticks what the agent earned this month, and approves just that."""
    ratna.go("Komisi")
    rows = ratna.page.get_by_role("row").filter(has_text="Sari Lestari")
    row = rows.filter(has_text=f"agen Rp{earned:,},".replace(",", ".", 1))
    row.get_by_role("checkbox").check()
    sum_shown = row.locator("td.fee b").inner_text()
    ratna.shoot(pictures, "approval-list")
    ratna.press("Setujui")
    dialog = ratna.page.get_by_role("dialog", name="Setujui komisi?")
    dialog.get_by_role("button", name=f"Setujui {sum_shown}").click()
    ratna.page.get_by_role("link", name="Disetujui").click()
    expect(row).to_be_visible()


def the_books_are_green(lina: Person, pictures: Path | None) -> None:
    """Every check of the books passes."""
    lina.go("Buku besar")
    lina.sees("Semua pemeriksaan lulus")
    lina.shoot(pictures, "finance-books")


def _write_list(file: Path) -> tuple[str, str]:
    """Write the roster; return the NIKs of two people without errors."""
    write_roster(file, rows=ROWS, seed=7)
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    first, second = (str(row[1]) for row in rows[FIRST_ROW - 1 :][:2])
    return first, second


def _find(sari: Person, worker: str) -> None:
    sari.go("Hari ini")
    sari.page.get_by_role("searchbox").fill(worker)
    expect(sari.page.locator("li.worker")).to_have_count(1)


def _sheet(sari: Person, worker: str) -> Locator:
    _find(sari, worker)
    sari.page.locator("li.worker").get_by_role("link", name="Tagih").click()
    return sari.page.get_by_role("dialog", name="Tagih iuran")


def _receipt_address(page: Page) -> str:
    return str(page.locator("[data-copy]").get_attribute("data-copy"))
