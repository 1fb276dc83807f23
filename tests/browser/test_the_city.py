"""A city from its list to its paid bill, by clicks as its users would do them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from agentsys.demo.roster import write_roster
from agentsys.months import HEAD_OFFICE, add_months
from tests.browser.finance import collected_months_are_remitted, figure, rupiah
from tests.browser.lists import the_list_is_imported
from tests.browser.people import DESKTOP, Person, seated
from tests.tree import LINA, Tree

pytestmark = pytest.mark.xdist_group("browser")

ADMIN = "081200000031"
ROWS = 300
CODE = "W2611220777"


def test_a_city_pays_for_its_whole_list_by_one_transfer(
    tree: Tree, chromium: Browser, tmp_path: Path, pictures: Path | None
) -> None:
    file = tmp_path / "kota.xlsx"
    write_roster(file, rows=ROWS, seed=41)
    with (
        seated(chromium, tree.url, LINA, viewport=DESKTOP) as lina,
        seated(chromium, tree.url, ADMIN, viewport=DESKTOP) as admin,
    ):
        agreement = an_agreement_is_proposed(lina)
        it_is_put_in_force(admin, agreement)
        people = its_list_comes_in(admin, lina, agreement, file, pictures)
        bill = its_bill_is_sent(lina, agreement, people, pictures)
        it_is_paid(lina, admin, bill, people, pictures)
        collected_months_are_remitted(lina, None, code=CODE)
        everybody_is_paid_at_bpjs(lina, bill, people)
        the_city_gets_its_report(lina, agreement, pictures)
        audit = tree.command("audit")
        assert audit.returncode == 0, audit.stdout
        assert [person.complaints for person in (lina, admin)] == [[], []]


def an_agreement_is_proposed(lina: Person) -> str:
    """Finance records the city and proposes an agreement of a year; its address."""
    page = lina.page
    lina.go("Sponsor")
    page.get_by_role("link", name="Sponsor baru").click()
    page.get_by_label("Jenis sponsor").select_option("city")
    page.get_by_label("Nama sponsor").fill("Pemerintah Kota Uji")
    lina.press("Simpan")
    page.get_by_role("link", name="Perjanjian baru").click()
    page.get_by_label("Nomor perjanjian").fill("PKS/77/2026")
    page.get_by_label("Tanggal ditandatangani").fill(f"{_today():%Y-%m-%d}")
    page.get_by_label("Dasar harga").select_option("lowest")
    page.get_by_label("Bulan pertama yang dibayar").fill(f"{_today():%Y-%m}")
    last = add_months(_today().replace(day=1), 11)
    page.get_by_label("Bulan terakhir yang dibayar").fill(f"{last:%Y-%m}")
    lina.press("Usulkan perjanjian")
    lina.sees("Menunggu orang kedua")
    return page.url


def it_is_put_in_force(admin: Person, agreement: str) -> None:
    """A second person puts the agreement in force."""
    admin.page.goto(agreement)
    admin.press("Berlakukan")
    expect(admin.page.get_by_role("link", name="Unggah daftar")).to_be_visible()


def its_list_comes_in(
    admin: Person, lina: Person, agreement: str, file: Path, pictures: Path | None
) -> int:
    """The city's list is sent, checked and imported; how many people were taken."""
    page = admin.page
    page.goto(agreement)
    page.get_by_role("link", name="Unggah daftar").click()
    page.locator("input#file").set_input_files(file)
    page.get_by_label("Nomor SK").fill("SK 463/77/2026")
    page.get_by_label("Tanggal SK").fill(f"{_today():%Y-%m-%d}")
    page.get_by_label("Isi daftar").select_option("whole")
    admin.shoot(pictures, "city-upload")
    admin.press("Unggah dan periksa")
    progress = the_list_is_imported(admin, lina)
    admin.shoot(pictures, "city-list")
    taken = figure(progress, "Diterima")
    page.goto(agreement)
    admin.sees("SK 463/77/2026")
    admin.shoot(pictures, "city-agreement")
    return taken


def its_bill_is_sent(lina: Person, agreement: str, people: int, pictures: Path | None) -> str:
    """Finance makes the month's bills and marks the city's as sent; its address."""
    page = lina.page
    page.goto(f"{lina.address}/sponsor/tagihan")
    lina.press("Buat tagihan")
    for _try in range(60):
        page.goto(agreement)
        found = page.locator("a[href*='/sponsor/tagihan/']")
        if found.count():
            break
        page.wait_for_timeout(500)
    found.first.click()
    lina.press("Tandai terkirim")
    lina.sees(f"{people:,}".replace(",", "."))
    lina.shoot(pictures, "city-bill")
    return page.url


def it_is_paid(lina: Person, admin: Person, bill: str, people: int, pictures: Path | None) -> None:
    """Finance records the transfer, and a second person finds it on the bank's statement."""
    page = lina.page
    page.goto(bill)
    page.get_by_label("Jumlah yang masuk").fill(str(people * 16_800))
    page.get_by_label("Nomor referensi bank").fill("SP2D-UJI-0001")
    page.get_by_label("Tanggal masuk").fill(f"{_today():%Y-%m-%d}")
    page.get_by_role("button", name="Catat", exact=True).click()
    lina.sees("SP2D-UJI-0001")
    admin.page.goto(bill)
    admin.press("Ada di rekening koran")
    admin.sees("Lunas")
    admin.shoot(pictures, "city-paid")


def everybody_is_paid_at_bpjs(lina: Person, bill: str, people: int) -> None:
    """All months of the bill are confirmed."""
    lina.page.goto(bill)
    transfer = lina.page.get_by_text("pekerja dibayar").first
    assert rupiah(transfer) == people


def the_city_gets_its_report(lina: Person, agreement: str, pictures: Path | None) -> None:
    """The report of the agreement says how many are covered."""
    lina.page.goto(agreement)
    lina.page.get_by_role("main").get_by_role("link", name="Laporan").first.click()
    lina.sees("Pemerintah Kota Uji")
    lina.shoot(pictures, "city-report")


def _today() -> date:
    return datetime.now(HEAD_OFFICE).date()
