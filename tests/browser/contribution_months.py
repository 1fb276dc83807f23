"""What an office does each month: bill, collect, hand over, confirm, pay commissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from playwright.sync_api import expect

from tests.browser.finance import figure, rupiah
from tests.browser.first_hour import OFFICE
from tests.browser.people import Person

MONTHS_LONG = ("Januari", "Februari", "Maret", "April", "Mei")
MONTHS_SHORT = ("Jan", "Feb", "Mar", "Apr", "Mei")


def the_month_is_billed(lina: Person, month: date, *, workers: int) -> None:
    """Finance bills a month; so many workers get a bill."""
    lina.go("Penagihan")
    lina.page.get_by_label("Bulan iuran").select_option(f"{month:%Y-%m}")
    lina.press("Buat tagihan")
    run = lina.page.locator("#penagihan").filter(has_text=words_of(month, MONTHS_LONG))
    expect(run.get_by_text("Selesai")).to_be_visible(timeout=60_000)
    assert figure(run, "Tagihan baru") == workers


def the_month_is_paid_in_cash(sari: Person, name: str, owed_idr: int) -> None:
    """The agent takes the cash for all that is owed, and gives a receipt."""
    sari.go("Hari ini")
    row = sari.page.locator("li.worker").filter(has_text=name)
    row.get_by_role("link", name="Tagih").click()
    sheet = sari.page.get_by_role("dialog", name="Tagih iuran")
    sheet.get_by_role("radio", name="Tunai").check()
    sheet.get_by_role("button", name=f"Terima {told(owed_idr)}").click()
    expect(sari.page.locator(".notice").get_by_text("diterima. Kuitansi")).to_be_visible()


def the_cash_is_handed_over(sari: Person, lina: Person, agent: str, held_idr: int) -> None:
    """The agent declares all cash; finance counts it."""
    slip = f"TRF-{agent}-{held_idr}"
    sari.go("Setoran")
    sari.page.get_by_label("Uang yang Anda hitung").fill("1")
    sari.press("Catat hitungan dulu")
    assert rupiah(sari.page.locator("form .total .num").last) == held_idr
    sari.page.get_by_label("Uang yang Anda hitung").fill(str(held_idr))
    sari.page.get_by_label("Nomor bukti setor").fill(slip)
    sari.page.get_by_role("main").get_by_role("button", name="Setor", exact=True).click()
    sari.sees("Keuangan akan menghitung dan mengonfirmasi")

    lina.go("Setoran agen")
    row = lina.page.get_by_role("row").filter(has_text=slip)
    row.get_by_role("button", name="Periksa").click()
    dialog = lina.page.get_by_role("dialog", name=f"Setoran {agent}")
    dialog.get_by_label("Jumlah yang Anda hitung").fill(str(held_idr))
    dialog.get_by_role("button", name="Uang sudah diterima").click()
    expect(row).to_have_count(0)


def the_months_are_confirmed_by_bpjs(lina: Person, code: str, amount_idr: int) -> None:
    """Finance batches the months, pays by kode iuran, and pastes that BPJS has the money."""
    lina.go("Kirim ke BPJS")
    lina.page.get_by_role("button", name=f"Susun {OFFICE}").click()
    assert rupiah(lina.page.locator("h1 .num")) == amount_idr
    lina.page.get_by_label("Kode iuran").fill(code)
    lina.press("Simpan kode")
    lina.page.get_by_label("Tempel hasil LUNAS").fill(
        f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n{code}\tPAID\t{amount_idr}\tNTPN-{code}"
    )
    lina.press("Cocokkan")
    lina.sees("LUNAS di BPJS, 1 baris dicocokkan.")


def commissions_are_computed_and_approved(
    lina: Person, ratna: Person, month: date, agents: Mapping[str, int]
) -> None:
    """Finance computes a month; the supervisor approves what each agent (and office) earned."""
    lina.go("Hitung komisi")
    lina.press("Hitung")
    run = lina.page.locator("#hitungan tbody tr").filter(has_text=words_of(month, MONTHS_LONG))
    expect(run).to_contain_text("Selesai", timeout=60_000)

    ratna.go("Persetujuan komisi")
    for agent, earned_idr in agents.items():
        row = ratna.page.get_by_role("row").filter(has_text=agent)
        expect(row).to_contain_text(f"agen {told(earned_idr)}, kantor {told(earned_idr // 10)}")
        row.get_by_role("checkbox").check()
    total = told(sum(earned + earned // 10 for earned in agents.values()))
    ratna.press("Setujui")
    dialog = ratna.page.get_by_role("dialog", name="Setujui komisi?")
    dialog.get_by_role("button", name=f"Setujui {total}").click()
    ratna.sees("Tidak ada pengajuan di sini")


def the_agent_reads_why(sari: Person, month: date, lines: Sequence[tuple[str, date, int]]) -> None:
    """The agent's statement has exactly these lines: worker, contribution month, rupiah."""
    sari.go("Komisi")
    item = sari.page.get_by_role("main").get_by_role("listitem")
    item.filter(has_text=words_of(month, MONTHS_LONG)).get_by_role("link").click()
    table = sari.page.get_by_role("table", name="Rincian komisi")
    found = [
        (
            row.locator("th").inner_text().split("\n")[0],
            row.locator("td").nth(0).inner_text().split("\n")[-1],
            rupiah(row.locator("td b")),
        )
        for row in table.locator("tbody tr").all()
    ]
    assert sorted(found) == sorted(
        (worker, words_of(paid, MONTHS_SHORT), amount) for worker, paid, amount in lines
    )
    assert rupiah(sari.page.locator(".total .num").first) == sum(line[2] for line in lines)
    sari.sees("Disetujui")


def words_of(month: date, names: Sequence[str]) -> str:
    """A month as the pages write it."""
    return f"{names[month.month - 1]} {month.year}"


def told(amount_idr: int) -> str:
    """An amount as the pages write it."""
    return f"Rp{amount_idr:,}".replace(",", ".")


def the_worker_is_covered(sari: Person, name: str) -> None:
    """The worker's page says that the month is paid at BPJS."""
    sari.go("Hari ini")
    sari.page.get_by_role("searchbox").fill(name)
    expect(sari.page.locator("li.worker")).to_have_count(1)
    sari.page.get_by_role("main").get_by_role("heading", level=3).get_by_role("link").click()
    paid = sari.page.get_by_role("listitem").filter(has_text="KW-")
    expect(paid.get_by_text("LUNAS di BPJS")).to_be_visible()
