"""The first hour of a real system, by clicks: from an empty database to months paid at BPJS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.finance import rupiah
from tests.browser.people import DESKTOP, PHONE, Person, seated
from tests.factories import invented_nik
from tests.tree import Tree

pytestmark = pytest.mark.xdist_group("browser")

WORD = "gajah makan bambu kuning"
OFFICE = "Wadah Melati"
KODE_IURAN = "W2612010001"
WORKERS = ("Ni Luh Ayu", "Rahmat Hidayat", "Siti Aminah")


@pytest.fixture(scope="module")
def empty(chromium: Browser) -> Iterator[Tree]:
    """`agentsys run` on an empty database."""
    running = Tree(workers=0)
    running.start()
    yield running
    assert running.stop() == 0


def test_an_office_begins_and_its_first_workers_are_members_of_bpjs(
    empty: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with ExitStack() as open_windows:

        def window(**options: object) -> Person:
            return open_windows.enter_context(seated(chromium, empty.url, **options))

        andi, ratna, lina = (window(viewport=DESKTOP) for _ in range(3))
        sari = window(viewport=PHONE, has_touch=True)
        the_system_is_set_up(andi, empty.said(), pictures)
        the_office_says_who_controls_the_data(andi)
        ratna_word = somebody_is_hired(andi, "Ratna", "Penyelia", "081200000011")
        lina_word = somebody_is_hired(andi, "Lina", "Keuangan", "081200000021")
        sari_word = somebody_is_hired(andi, "Sari", "Agen", "081200000001", code="AG-1")
        for person, phone, word in (
            (ratna, "081200000011", ratna_word),
            (lina, "081200000021", lina_word),
            (sari, "081200000001", sari_word),
        ):
            somebody_signs_in_for_the_first_time(person, phone, word)

        for number, name in enumerate(WORKERS):
            a_worker_is_enrolled(sari, name, number)
        for number, name in enumerate(WORKERS):
            the_office_registers_at_bpjs(ratna, name, f"2601234567{number}")
        the_month_is_billed(lina)
        for name in WORKERS:
            the_month_is_paid_in_cash(sari, name)
        the_cash_is_handed_over(sari, lina)
        the_months_are_confirmed_by_bpjs(lina)
        the_worker_is_covered(sari, WORKERS[0])

        audit = empty.command("audit")
        assert audit.returncode == 0, audit.stdout
        assert [p.complaints for p in (andi, ratna, lina, sari)] == [[], [], [], []]


def the_system_is_set_up(andi: Person, said: str, pictures: Path | None) -> None:
    """With the code from the terminal, the first office and admin are made."""
    found = re.search(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}", said)
    assert found, said
    page = andi.page
    page.goto(f"{andi.address}/")
    page.get_by_label("Kode dari terminal").fill(found[0])
    andi.shoot(pictures, "setup-code")
    andi.press("Lanjut")
    for label, text in (
        ("Kode kantor", "MELATI"),
        ("Nama kantor", OFFICE),
        ("Kota atau kabupaten", "Kota Contoh"),
        ("Nama Anda", "Andi"),
        ("Nomor HP", "081200000031"),
        ("Kata sandi", WORD),
        ("Ulangi kata sandi", WORD),
    ):
        page.get_by_label(label, exact=label == "Kata sandi").fill(text)
    andi.shoot(pictures, "setup-first-office")
    andi.press("Buat kantor dan masuk")
    andi.sees("Kantor dan akun Anda siap")


def the_office_says_who_controls_the_data(andi: Person) -> None:
    """The admin fills in who answers for the workers' data, and the agreement with BPJS."""
    andi.go("Kantor")
    andi.page.get_by_role("link", name=OFFICE).click()
    andi.page.get_by_label("Pengendali data").fill("Koperasi Melati")
    andi.page.get_by_label("Nomor PKS").fill("PER/12/2026")
    andi.press("Simpan")
    andi.sees(f"Kantor {OFFICE} disimpan.")


def somebody_is_hired(andi: Person, name: str, role: str, phone: str, *, code: str = "") -> str:
    """The admin adds a user; the password that is shown once."""
    andi.go("Pengguna")
    form = andi.page.locator("aside form")
    form.get_by_label("Nama", exact=True).fill(name)
    form.get_by_label("Nomor HP").fill(phone)
    form.get_by_role("checkbox", name=role, exact=True).check()
    form.get_by_label("Kantor", exact=True).select_option(label=OFFICE)
    if code:
        form.get_by_label("Kode agen").fill(code)
        form.get_by_role("combobox", name="Penyelia").select_option(label="Ratna")
    form.get_by_role("button", name="Tambah pengguna").click()
    andi.sees(f"Kata sandi baru untuk {name}")
    return andi.page.locator(".notice b.mono").inner_text()


def somebody_signs_in_for_the_first_time(person: Person, phone: str, word: str) -> None:
    """A new user signs in with the admin's password and makes another one."""
    page = person.page
    page.goto(f"{person.address}/")
    page.get_by_label("Nomor HP atau e-mail").fill(phone)
    page.get_by_label("Kata sandi").fill(word)
    person.press("Masuk")
    page.get_by_label("Kata sandi baru", exact=True).fill(WORD)
    page.get_by_label("Ulangi kata sandi baru").fill(WORD)
    person.press("Ganti kata sandi")
    expect(page.locator("header.top")).to_be_visible()


def a_worker_is_enrolled(sari: Person, name: str, number: int) -> None:
    """The agent fills in the form, and reads out who records the data."""
    sari.page.goto(f"{sari.address}/daftarkan")
    page = sari.page
    sari.sees("Koperasi Melati")
    page.get_by_label("NIK").fill(invented_nik(number, born=date(1990, 5, 17)))
    page.get_by_label("Nama", exact=False).first.fill(name)
    page.get_by_label("Tanggal lahir").fill("1990-05-17")
    page.get_by_label("Laki-laki").check()
    page.get_by_label("Alamat").fill("Gang Melati 3")
    page.get_by_label("Kelurahan").fill("Muara")
    page.get_by_label("Pekerjaan", exact=False).first.fill("Pedagang sayur")
    page.get_by_label("Bukan transportasi").check()
    page.get_by_label("Penghasilan per bulan").fill("1500000")
    page.get_by_label("Pekerja setuju datanya dicatat").check()
    page.get_by_label("Pekerja benar-benar masih bekerja").check()
    sari.press("Daftarkan")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def the_office_registers_at_bpjs(ratna: Person, name: str, kpj: str) -> None:
    """The supervisor writes down the number that BPJS gave."""
    ratna.page.goto(f"{ratna.address}/kantor/pekerja/")
    ratna.page.get_by_role("link", name=name).click()
    form = ratna.page.locator("form").filter(has_text="Catat pendaftaran di BPJS")
    form.get_by_label("Nomor KPJ").fill(kpj)
    form.get_by_label("Tanggal terdaftar").fill(today_of(ratna))
    form.get_by_label("Didaftarkan lewat").select_option(label="Portal BPJS")
    form.get_by_role("button", name="Catat KPJ").click()
    ratna.sees(kpj)


def today_of(person: Person) -> str:
    """The day that the page says it is, at the latest."""
    latest = person.page.get_by_label("Tanggal terdaftar").get_attribute("max")
    assert latest
    return latest


def the_month_is_billed(lina: Person) -> None:
    """Finance bills this month."""
    lina.go("Penagihan")
    lina.press("Buat tagihan")
    expect(lina.page.locator("#penagihan").get_by_text("Selesai")).to_be_visible(timeout=60_000)


def the_month_is_paid_in_cash(sari: Person, name: str) -> None:
    """The agent takes the cash and gives a receipt."""
    sari.go("Hari ini")
    row = sari.page.locator("li.worker").filter(has_text=name)
    row.get_by_role("link", name="Tagih").click()
    sheet = sari.page.get_by_role("dialog", name="Tagih iuran")
    sheet.get_by_role("radio", name="Tunai").check()
    sheet.get_by_role("button", name="Terima Rp").click()
    expect(sari.page.locator(".notice").get_by_text("diterima. Kuitansi")).to_be_visible()


def the_cash_is_handed_over(sari: Person, lina: Person) -> None:
    """The agent declares all cash; finance counts it."""
    sari.go("Setoran")
    held = rupiah(sari.page.locator("form .total .num"))
    sari.page.get_by_label("Uang yang Anda hitung").fill(str(held))
    sari.page.get_by_label("Nomor bukti setor").fill("TRF-FIRST-1")
    sari.page.get_by_role("main").get_by_role("button", name="Setor", exact=True).click()
    sari.sees("Keuangan akan menghitung dan mengonfirmasi")

    lina.go("Setoran agen")
    row = lina.page.get_by_role("row").filter(has_text="TRF-FIRST-1")
    row.get_by_role("button", name="Periksa").click()
    dialog = lina.page.get_by_role("dialog", name="Setoran Sari")
    dialog.get_by_label("Jumlah yang Anda hitung").fill(str(held))
    dialog.get_by_role("button", name="Uang sudah diterima").click()
    expect(row).to_have_count(0)


def the_months_are_confirmed_by_bpjs(lina: Person) -> None:
    """Finance batches the months, pays by kode iuran, and pastes that BPJS has the money."""
    lina.go("Kirim ke BPJS")
    lina.page.get_by_role("button", name=f"Susun {OFFICE}").click()
    amount = rupiah(lina.page.locator("h1 .num"))
    lina.page.get_by_label("Kode iuran").fill(KODE_IURAN)
    lina.press("Simpan kode")
    lina.page.get_by_label("Tempel hasil LUNAS").fill(
        f"KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n{KODE_IURAN}\tPAID\t{amount}\tNTPN-1"
    )
    lina.press("Cocokkan")
    lina.sees("LUNAS di BPJS, 1 baris dicocokkan.")


def the_worker_is_covered(sari: Person, name: str) -> None:
    """The worker's page says that the month is paid at BPJS."""
    sari.go("Hari ini")
    sari.page.get_by_role("searchbox").fill(name)
    expect(sari.page.locator("li.worker")).to_have_count(1)
    sari.page.get_by_role("main").get_by_role("heading", level=3).get_by_role("link").click()
    paid = sari.page.get_by_role("listitem").filter(has_text="KW-")
    expect(paid.get_by_text("LUNAS di BPJS")).to_be_visible()
