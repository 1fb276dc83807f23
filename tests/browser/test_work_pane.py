"""The decision pane of the work queue: what is decided beside the list, and what is only shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.people import DESKTOP, Person, seated
from tests.browser.screens import faults
from tests.tree import LINA, RATNA, Tree

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
