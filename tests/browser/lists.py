"""What people do with an uploaded list of workers."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.people import Person

_MS = 60_000


def the_list_is_imported(person: Person, second: Person) -> Locator:
    """Confirm the columns if they are asked for, read the check, and import; the progress.

    People of other tests' lists can have the NIK of somebody here: then the second person agrees.
    """
    page = person.page
    asked = page.get_by_role("link", name="Cocokkan kolom")
    ready = page.get_by_role("button", name="Impor sekarang")
    changes = page.get_by_role("button", name="Minta persetujuan")
    expect(asked.or_(ready).or_(changes)).to_be_visible(timeout=_MS)
    if asked.count():
        asked.click()
        person.press("Periksa daftar")
    expect(ready.or_(changes)).to_be_visible(timeout=_MS)
    if changes.count():
        changes.click()
        person.sees("jadi orang lain yang memutuskan")
        second.page.goto(page.url)
        second.press("Setujui dan impor")
        page.reload()
    else:
        ready.click()
    progress = page.locator("#kemajuan")
    expect(progress.get_by_text("Selesai")).to_be_visible(timeout=_MS)
    return progress
