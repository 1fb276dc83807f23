"""The first hour of an office: set-up, people, the agents' papers, and the first workers."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.people import Person
from tests.factories import invented_nik

WORD = "gajah makan bambu kuning"
OFFICE = "Wadah Melati"
STEPS = ("Mendaftar sebagai agen", "Ikut pelatihan", "Lulus ujian")
BORN = date(1990, 5, 17)
PAPERS = ("Sertifikat pelatihan", "Tanda pengenal", "Surat tugas", "Perjanjian kerja sama (PKS)")


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


def somebody_signs_in_again(person: Person, phone: str) -> None:
    """A user whose session ended signs in with the own password."""
    person.sign_in(phone, WORD)


def an_agent_is_appointed(ratna: Person, andi: Person, agent: str) -> None:
    """The supervisor records application, training, exam and papers; the admin appoints."""
    page = ratna.page
    ratna.go("Tim")
    page.get_by_role("link", name=agent).click()
    page.get_by_role("link", name="Surat agen").click()
    for step in STEPS:
        form = page.locator("form").filter(has_text="Catat langkah")
        form.get_by_label("Langkah").select_option(label=step)
        form.get_by_label("Tanggal").fill(latest(form.get_by_label("Tanggal")))
        form.get_by_role("button", name="Simpan langkah").click()
        expect(page.locator("section", has=page.locator("#langkah"))).to_contain_text(step)
    for number, paper in enumerate(PAPERS):
        form = page.locator("form").filter(has_text="Catat surat")
        form.get_by_label("Surat", exact=True).select_option(label=paper)
        form.get_by_label("Nomor").fill(f"{agent}/{number}")
        form.get_by_label("Berlaku mulai").fill("2027-01-01")
        form.get_by_role("button", name="Simpan surat").click()
        expect(page.locator("section", has=page.locator("#surat"))).to_contain_text(paper)
    ratna.sees("Syaratnya lengkap")
    andi.page.goto(f"{andi.address}/admin/agen/")
    andi.page.get_by_role("link", name=agent).click()
    andi.page.get_by_role("link", name="Surat agen").click()
    andi.press("Angkat sebagai agen")
    andi.sees(f"{agent} diangkat sebagai agen")


def latest(field: Locator) -> str:
    """Today, as the page says: the latest day that a field takes."""
    day = field.get_attribute("max")
    assert day
    return day


def nik_of(number: int) -> str:
    """The NIK of a worker of this story."""
    return invented_nik(number, born=BORN)


def a_worker_is_enrolled(sari: Person, name: str, number: int) -> None:
    """The agent fills in the form, and reads out who records the data."""
    sari.page.goto(f"{sari.address}/daftarkan")
    page = sari.page
    sari.sees("Koperasi Melati")
    page.get_by_label("NIK").fill(nik_of(number))
    page.get_by_label("Nama", exact=False).first.fill(name)
    page.get_by_label("Tanggal lahir").fill(BORN.isoformat())
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
