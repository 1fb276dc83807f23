"""An agent's phone: no signal, Back, half-filled forms, large text."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PHONE, Person, seated
from tests.tree import SARI, Tree


def _open_sheet(sari: Person) -> Page:
    sari.page.locator("a[data-sheet]").first.click()
    expect(sari.page.get_by_role("dialog", name="Tagih iuran")).to_be_visible()
    return sari.page


def test_without_a_signal_the_page_stays_and_says_so(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        page, list_page = sari.page, sari.page.url
        page.context.set_offline(True)
        for tap in ("a[data-sheet]", ".chips a", "#daftar h3 a"):
            page.locator(tap).first.click()
            expect(page.locator(".stay")).to_have_count(1)
            expect(page.locator("#siar")).to_contain_text("Tidak ada sinyal")
        page.get_by_label("Cari nama").fill("a")
        expect(page.locator("form.search + .stay")).to_be_visible()

        assert page.url == list_page
        page.context.set_offline(False)
        expect(page.locator(".stay")).to_have_count(0)
        _open_sheet(sari)


def test_a_collection_that_was_lost_on_its_way_is_sent_again_from_the_sheet(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        page = _open_sheet(sari)
        take = page.locator("[data-confirm-sum]")
        key = page.locator("#lembar [name=key]").input_value()
        page.route("**/tagih/*", lambda route: route.abort())
        take.click()
        expect(page.locator("#lembar .stay")).to_contain_text("tidak akan tercatat dua kali")
        page.unroute("**/tagih/*")
        assert page.locator("#lembar [name=key]").input_value() == key
        take.click()

        page.wait_for_url(re.compile("/kuitansi/"))
        sari.sees("diterima. Kuitansi")


def test_back_closes_the_sheet_and_nothing_else(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        sari.page.goto(f"{tree.url}/setoran")
        sari.go("Hari ini")
        page = _open_sheet(sari)
        expect(page.locator("#lembar h2")).to_be_focused()
        page.go_back()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.url == f"{tree.url}/hari-ini"
        _open_sheet(sari)
        page.keyboard.press("Escape")
        page.locator(".chips").get_by_role("link", name="Semua").click()
        expect(page).to_have_url(re.compile("tab=all"))
        page.go_back()
        expect(page.locator(".chips [aria-current]")).to_contain_text("Perlu ditagih")
        page.go_back()
        expect(page).to_have_url(f"{tree.url}/setoran")


def test_the_way_back_to_the_list_keeps_its_filter_and_place(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        page = sari.page
        page.locator(".chips").get_by_role("link", name="Semua").click()
        expect(page).to_have_url(re.compile("tab=all"))
        person = page.locator("#daftar h3 a").nth(20)
        person.scroll_into_view_if_needed()
        place = page.evaluate("scrollY")
        person.click()
        page.locator("a.back").click()

        expect(page).to_have_url(re.compile(r"/hari-ini\?.*tab=all"))
        page.wait_for_function(f"Math.abs(scrollY - {place}) < 4")


def test_a_half_filled_form_outlives_back_and_the_language(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        page, name = sari.page, "Ni Luh Ayu"
        sari.go("Daftarkan")
        page.locator("#name").fill(name)
        page.locator("#income_idr").fill("1500000")
        page.locator("#sector-1").check()
        expect(page.locator("#harga")).to_contain_text("Rp")
        page.locator("#programmes-1").check()
        sari.go("Setoran")
        sari.go("Daftarkan")
        expect(page.locator("#name")).to_have_value(name)
        expect(page.locator("#programmes-1")).to_be_checked()
        sari.press("Kosongkan")
        expect(page.locator("#name")).to_have_value("")

        page.goto(f"{tree.url}/setoran")
        number = page.locator("#hitung")
        number.fill("12345")
        page.get_by_label("Menu dan akun").click()
        sari.press("English")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#hitung")).to_have_value("12.345")
        page.get_by_label("Menu and account").click()
        sari.press("Bahasa Indonesia")


def test_what_is_wrong_in_a_form_is_on_top_and_has_the_focus(tree: Tree, chromium: Browser) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        sari.go("Daftarkan")
        sari.page.locator("main button.primary").click()
        summary = sari.page.get_by_role("alert")
        expect(summary).to_be_focused()
        summary.get_by_role("link", name="Nama lengkap").click()
        expect(sari.page.locator("#name")).to_be_focused()


def test_text_of_twice_the_size_fits_the_phone(tree: Tree, chromium: Browser) -> None:
    found = []
    with seated(chromium, tree.url, SARI, viewport=PHONE, bypass_csp=True) as sari:
        page = sari.page
        worker = page.locator("a[data-sheet]").first.get_attribute("href") or ""
        for path in ("/hari-ini", worker, worker.replace("tagih", "pekerja"), "/setoran"):
            page.goto(f"{tree.url}{path}")
            page.add_style_tag(content="html{font-size:200%}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            cut = page.evaluate(
                """() => [...document.querySelectorAll('.btn, .months label, .quick span, .row')]
                .filter(e => !e.matches('.vh'))
                .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
                .map(e => e.textContent.trim().slice(0, 40))"""
            )
            found += [f"{path}: {wide} px wide"] if wide > PHONE["width"] else []
            found += [f"{path}: {each!r} is cut" for each in cut]

    assert found == []


def test_the_sums_to_hand_over_follow_the_months_that_are_chosen(
    tree: Tree, chromium: Browser
) -> None:
    with seated(chromium, tree.url, SARI, viewport=PHONE) as sari:
        page = _open_sheet(sari)
        page.locator("#lembar .months summary").click()
        months = page.locator("#lembar .months input[type=checkbox]")
        shown = page.locator("#lembar [data-tender]")
        last = months.count() - 1
        months.nth(last).check()
        for chosen in range(last, -1, -1):
            offers = (months.nth(chosen).get_attribute("data-offers") or "").split()
            assert offers
            for place, offer in enumerate(offers):
                expect(shown.nth(place)).to_have_value(offer)
            months.nth(chosen).uncheck()
