"""What happens to workers of an office: registered, moved, corrected, died, lapsed, resumed."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Locator, expect

from tests.browser.first_hour import latest
from tests.browser.people import Person


def the_office_pastes_the_answers_of_bpjs(
    ratna: Person, answers: Sequence[tuple[str, str, str]]
) -> None:
    """The supervisor pastes NIK, KPJ and status of each worker; nobody is left waiting."""
    ratna.go("Daftarkan ke BPJS")
    rows = ["NIK\tKPJ\tSTATUS", *("\t".join(row) for row in answers)]
    ratna.page.get_by_label("Tempel tabel").fill("\n".join(rows))
    ratna.press("Catat jawaban")
    ratna.sees("Tidak ada yang menunggu")


def page_of_worker(ratna: Person, name: str) -> None:
    """Open the page of a worker from the list."""
    ratna.page.goto(f"{ratna.address}/kantor/pekerja/")
    ratna.page.get_by_role("link", name=name).click()
    expect(ratna.page.get_by_role("heading", level=1, name=name)).to_be_visible()


def the_worker_moves_to(
    ratna: Person, andi: Person, name: str, agent: str, months: Sequence[str]
) -> None:
    """The supervisor reads who earns which month, and proposes; the admin, as second, agrees."""
    page = ratna.page
    page_of_worker(ratna, name)
    page.get_by_role("link", name="Pindahkan ke agen lain").click()
    page.get_by_role("checkbox", name=agent).check()
    page.get_by_label("Alasan").fill("Pindah rumah, lebih dekat ke agen itu")
    ratna.press("Lihat dulu")
    earning = page.get_by_role("table", name="Siapa mendapat komisi bulan mana")
    expect(earning.locator("tbody tr")).to_have_text(list(months))
    ratna.press("Ajukan ke orang kedua")
    ratna.sees("Menunggu penyelia lain atau admin kantor Anda.")
    andi.page.goto(page.url)
    andi.press("Setujui")
    expect(andi.page.locator("header.head")).to_contain_text("Sudah pindah")


def the_agent_proposes_another_nik(sari: Person, name: str, nik: str) -> None:
    """The agent saw the identity card: a digit of the NIK was mistyped."""
    page = sari.page
    page_of_own_worker(sari, name)
    page.get_by_role("link", name="Ubah data").click()
    form = page.locator("form").filter(has_text="Disetujui orang kedua")
    form.get_by_label("NIK baru").fill(nik)
    form.get_by_label("Alasan").fill("Salah ketik, KTP sudah dilihat")
    form.get_by_role("button", name="Lihat akibatnya").click()
    sari.sees("Iuran tidak berubah.")
    sari.press("Usulkan")
    sari.sees("Perubahan diusulkan: NIK")


def another_person_approves_it(ratna: Person, name: str, nik: str) -> None:
    """The supervisor sees before and after, approves, and finds the worker by the new NIK."""
    ratna.go("Usul perubahan")
    ratna.page.get_by_role("link", name=name).click()
    ratna.press("Setujui")
    ratna.page.goto(f"{ratna.address}/kantor/pekerja/?q={nik}")
    expect(ratna.page.get_by_role("link", name=name)).to_be_visible()


def an_heir_is_recorded(sari: Person, worker: str, heir: str) -> None:
    """The agent writes down who may claim."""
    page_of_own_worker(sari, worker)
    sari.page.get_by_role("link", name="Ahli waris").click()
    form = sari.page.locator("form").filter(has_text="Catat ahli waris")
    form.get_by_label("Nama").fill(heir)
    form.get_by_label("Hubungan").select_option(label="Suami atau istri")
    form.get_by_role("button", name="Catat").click()
    sari.sees(heir)


def the_worker_dies(ratna: Person, name: str, heir: str) -> None:
    """The supervisor records the death; the claim opens by itself and names the heir."""
    page = ratna.page
    page_of_worker(ratna, name)
    page.get_by_text("Akhiri kepesertaan").first.click()
    form = page.locator("form").filter(has_text="Tanggal kejadian")
    form.get_by_label("Alasan").select_option(label="Meninggal")
    form.get_by_label("Tanggal kejadian").fill(latest(form.get_by_label("Tanggal kejadian")))
    form.get_by_label("Bukti").fill("Akta kematian 12/2027")
    form.get_by_role("button", name="Akhiri kepesertaan").click()
    expect(page.locator("header.head")).to_contain_text("Berakhir")
    expect(facts(ratna)).to_contain_text("Meninggal. Tidak ditagih lagi.")

    ratna.go("Klaim")
    page.get_by_role("link", name=name).click()
    ratna.sees("Akta atau surat keterangan kematian")
    ratna.sees(heir)


def the_membership_has_lapsed(ratna: Person, name: str) -> None:
    """The nightly job ended the membership; the supervisor reads since when and why."""
    page_of_worker(ratna, name)
    expect(facts(ratna)).to_contain_text("Menunggak lebih dari 3 bulan")


def the_worker_is_a_member_again(ratna: Person, name: str) -> None:
    """The supervisor resumes the membership from this month on."""
    form = ratna.page.locator("form").filter(has_text="Aktifkan lagi")
    form.get_by_role("button", name="Aktifkan lagi").click()
    expect(ratna.page.locator("header.head")).not_to_contain_text("Berakhir")
    ratna.sees(name)


def facts(ratna: Person) -> Locator:
    """The part about the membership on a worker's page."""
    return ratna.page.locator("section", has=ratna.page.locator("#kepesertaan"))


def page_of_own_worker(sari: Person, name: str) -> None:
    """Open the agent's page of an own worker."""
    sari.page.goto(f"{sari.address}/?q={name}")
    sari.page.get_by_role("main").get_by_role("link", name=name).first.click()
    expect(sari.page.get_by_role("heading", name=name).first).to_be_visible()
