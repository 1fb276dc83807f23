"""Users with a browser window each, signed in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.tree import PASSWORD

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}


class Person:
    """A user with a browser window; messages of the console are collected in `complaints`."""

    def __init__(self, page: Page, address: str) -> None:
        """Start with an empty window."""
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.watch(page)

    def watch(self, page: Page) -> None:
        """Collect messages of a window's console."""

        def note_error(message: ConsoleMessage) -> None:
            about = str(message.location.get("url", ""))
            # Chromium asks for this file by itself if a page is left before its icon is there.
            if message.type in ("error", "warning") and not about.endswith("/favicon.ico"):
                self.complaints.append(f"{page.url}: {message.text} ({about})")

        page.on("console", note_error)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def sign_in(self, identity: str, password: str = PASSWORD) -> None:
        """Sign in, with the demo password at first; the first page of the role opens."""
        self.page.goto(f"{self.address}/")
        self.page.get_by_label("Nomor HP atau e-mail").fill(identity)
        self.page.get_by_label("Kata sandi").fill(password)
        self.press("Masuk")
        expect(self.page.locator("header.top")).to_be_visible()

    def go(self, label: str) -> None:
        """Follow an entry of the main navigation."""
        menu = self.page.get_by_role("navigation", name="Utama")
        entry = self.page.get_by_role("link", name=label, exact=True, include_hidden=True)
        # An entry that counts what waits has the number in its name.
        if menu.locator(entry).count() == 0:
            entry = self.page.get_by_role("link", name=label, include_hidden=True)
        folded = menu.locator("details:not([open])").filter(has=entry)
        if folded.count():
            folded.locator("summary").click()
        menu.locator(entry).click()

    def press(self, label: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=label).click()

    def sees(self, text: str, *, within: Locator | None = None) -> None:
        """Fail unless the text appears on the page (or in a part of it)."""
        expect((within or self.page.locator("body")).get_by_text(text).first).to_be_visible()

    def shoot(self, folder: Path | None, name: str) -> None:
        """Take a screenshot, if there is a folder for them."""
        if folder is not None:
            self.page.screenshot(path=folder / f"{name}.png")


@contextmanager
def seated(browser: Browser, address: str, identity: str = "", **options: Any) -> Iterator[Person]:
    """A person with a new window, signed in if an identity is given."""
    context = browser.new_context(**({"locale": "id-ID", "viewport": DESKTOP} | options))
    context.set_default_timeout(20_000)
    try:
        person = Person(context.new_page(), address)
        if identity:
            person.sign_in(identity)
        yield person
    except BaseException as error:
        _keep_evidence(context, identity, error)
        raise
    finally:
        context.close()


def _keep_evidence(context: BrowserContext, identity: str, error: BaseException) -> None:
    """Add the content of each window, and a screenshot, to a failure."""
    folder = Path(tempfile.mkdtemp(prefix="agentsys-failed-screens-"))
    for number, page in enumerate(context.pages):
        picture = folder / f"{number}.png"
        page.screenshot(path=picture)
        error.add_note(f"{identity or 'a visitor'} saw {page.url}: {picture}")
