"""Every screen of every role is accessible, fits the window, and causes no console messages."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DESKTOP, PHONE, Person, seated
from tests.browser.screens import faults, reachable, shape
from tests.tree import ANDI, LINA, NURUL, RATNA, SARI, Tree

pytestmark = pytest.mark.xdist_group("browser")

# They see the same finance pages as finance, or fewer.
READERS_TOO = ("admin", "auditor")
ROLES = {
    "agent": (
        SARI,
        {
            "/hari-ini",
            "/setoran",
            "/pekerja/…",
            "/tagih/…",
            "/kuitansi/…",
            "/pembayaran/…",
            "/komisi/…",
            "/akun/sandi",
        },
    ),
    "supervisor": (
        RATNA,
        {"/pembina/", "/pembina/komisi/…", "/pembina/tim", "/pembina/daftar/…", "/jawaban-bpjs/"},
    ),
    "finance": (
        LINA,
        {
            "/keuangan/setoran-agen",
            "/keuangan/setoran-bpjs/…",
            "/keuangan/setoran-bpjs/ditahan",
            "/keuangan/pencairan",
            "/keuangan/hak-pekerja",
            "/keuangan/pembayaran/…",
            "/jawaban-bpjs/",
            "/keuangan/kabar/…",
            "/keuangan/kasus/…",
            "/keuangan/buku",
        },
    ),
    "admin": (ANDI, {"/admin/pengguna", "/admin/agen/…", "/keuangan/penagihan"}),
    "auditor": (NURUL, {"/keuangan/buku", "/pembina/komisi"}),
}


@pytest.mark.parametrize("role", ROLES)
def test_every_screen_of_a_role_is_accessible_and_fits_in_light_and_dark(
    tree: Tree, chromium: Browser, role: str
) -> None:
    identity, expected = ROLES[role]
    found: list[str] = []
    seen: set[str] = set()

    for size in (PHONE, DESKTOP):
        with seated(chromium, tree.url, identity, viewport=size) as person:
            for address in reachable(person.page, tree.url):
                path = urlsplit(address).path
                seen.add(shape(path))
                if role in READERS_TOO and path.startswith("/keuangan/"):
                    continue
                found += faults(person.page, f"{role} {path} {size['width']}")
            found += person.complaints

    assert not found, "\n".join(found)
    assert expected <= seen, expected - seen


def test_what_a_visitor_sees_is_accessible_and_fits(tree: Tree, chromium: Browser) -> None:
    found: list[str] = []
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        link = _pay_link(sari)

    for size in (PHONE, DESKTOP):
        with seated(chromium, tree.url, viewport=size) as visitor:
            for path in ("/masuk", "/k/tidak-ada", "/tidak-ada", link.removeprefix(tree.url)):
                visitor.page.goto(tree.url + path)
                found += faults(visitor.page, f"visitor {path} {size['width']}")
            # The browser logs a message for each URL that answers 404.
            found += [said for said in visitor.complaints if "status of 404" not in said]

    assert not found, "\n".join(found)


def test_the_dialogs_are_accessible_and_fit(tree: Tree, chromium: Browser) -> None:
    found: list[str] = []
    for size in (PHONE, DESKTOP):
        with seated(chromium, tree.url, SARI, viewport=size) as sari:
            sari.page.locator("a[data-sheet]").first.click()
            expect(sari.page.get_by_role("dialog", name="Tagih iuran")).to_be_visible()
            found += faults(sari.page, f"the sheet {size['width']}")
        with seated(chromium, tree.url, RATNA, viewport=size) as ratna:
            ratna.page.goto(f"{tree.url}/pembina/komisi")
            ratna.page.locator("tbody input[type=checkbox]").first.check()
            ratna.press("Setujui")
            expect(ratna.page.get_by_role("dialog", name="Setujui komisi?")).to_be_visible()
            found += faults(ratna.page, f"the approval {size['width']}")
        with seated(chromium, tree.url, LINA, viewport=size) as lina:
            lina.page.goto(f"{tree.url}/keuangan/setoran-agen")
            lina.page.get_by_role("button", name="Periksa").first.click()
            expect(lina.page.get_by_role("dialog")).to_be_visible()
            found += faults(lina.page, f"the deposit {size['width']}")

    assert not found, "\n".join(found)


def test_the_language_switch_keeps_the_page_and_is_remembered(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, NURUL) as nurul:
        page = nurul.page
        page.goto(f"{tree.url}/pembina/komisi?tab=approved")
        page.get_by_label("Menu dan akun").click()
        nurul.press("English")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert page.url == f"{tree.url}/pembina/komisi?tab=approved"
        page.goto(f"{tree.url}/akun")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.locator("details.menu > summary").click()
        nurul.press("Bahasa Indonesia")
        expect(page.locator("html")).to_have_attribute("lang", "id")


def test_the_theme_switch_turns_the_page_dark_and_is_remembered(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE, color_scheme="light") as sari:
        bright = _brightness(sari)
        sari.page.get_by_label("Menu dan akun").click()
        sari.press("Terang / gelap")
        dark = _brightness(sari)
        sari.page.reload()

        assert dark < 64 < 192 < bright
        assert _brightness(sari) == dark


def test_a_receipt_prints_dark_on_white_from_a_dark_screen(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE, color_scheme="dark") as sari:
        sari.page.goto(_receipt(sari))
        shown = _brightness(sari, "main .brand", "color")
        sari.page.emulate_media(media="print", color_scheme="dark")

        assert _brightness(sari, "main .brand", "color") < 64 < 192 < shown
        assert _brightness(sari, "main dt", "color") < 128
        expect(sari.page.locator(".back")).to_be_hidden()


def test_the_forms_that_open_in_their_place_are_accessible_and_fit(
    tree: Tree, chromium: Browser
) -> None:
    found: list[str] = []
    for size in (PHONE, DESKTOP):
        with seated(chromium, tree.url, LINA, viewport=size) as lina:
            for path in ("hak-pekerja", "pencairan"):
                lina.page.goto(f"{tree.url}/keuangan/{path}")
                for opener in lina.page.locator("details.more > summary").all():
                    opener.click()
                found += faults(lina.page, f"finance {path} opened {size['width']}")

    assert not found, "\n".join(found)


def test_an_agent_collects_cash_without_javascript(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE, java_script_enabled=False) as sari:
        page = sari.page
        page.get_by_role("link", name="Bulan ini belum dibayar").click()
        page.locator("li.worker").get_by_role("link", name="Tagih").last.click()
        page.get_by_role("radio", name="Tunai").check()
        page.get_by_role("button", name="Terima Rp").click()

        expect(page.get_by_text("diterima. Kuitansi KW-")).to_be_visible()
        page.get_by_text("Rincian kuitansi").click()
        expect(page.get_by_text("Perjalanan iuran")).to_be_visible()


def _pay_link(sari: Person) -> str:
    sari.page.locator("li.worker h3 a").last.click()
    sari.press("Buat tautan bayar")
    return str(sari.page.locator("[data-copy]").first.get_attribute("data-copy"))


def _receipt(sari: Person) -> str:
    addresses = reachable(sari.page, sari.address)
    return next(address for address in addresses if "/kuitansi/" in address)


def _brightness(person: Person, place: str = "body", what: str = "backgroundColor") -> int:
    colour = person.page.locator(place).first.evaluate(f"e => getComputedStyle(e).{what}")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) // 3
