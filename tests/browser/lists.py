"""What people do with an uploaded list of workers."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.people import Person

_MS = 60_000


def the_list_is_imported(person: Person) -> Locator:
    """Confirm the columns if they are asked for, read the check, and import; the progress."""
    page = person.page
    asked = page.get_by_role("link", name="Cocokkan kolom")
    ready = page.get_by_role("button", name="Impor sekarang")
    expect(asked.or_(ready)).to_be_visible(timeout=_MS)
    if asked.count():
        asked.click()
        person.press("Periksa daftar")
    expect(ready).to_be_visible(timeout=_MS)
    ready.click()
    progress = page.locator("#kemajuan")
    expect(progress.get_by_text("Selesai")).to_be_visible(timeout=_MS)
    return progress
