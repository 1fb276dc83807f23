"""A worker with an own phone, the agent and finance, on a demo whose clock can be advanced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import requests
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.demo_clock import DemoClock
from tests.browser.finance import rupiah
from tests.browser.people import PHONE, Person, seated
from tests.tree import SARI, Tree, wait_for

DAY = 9  # of the month, on which the workers here want to be debited

# Workers of Sari who pay themselves, owe one month, and have no auto-debit yet.
_OWES_ONE_MONTH = """
SELECT w.id, w.name, w.phone FROM workers w
JOIN agents a ON a.id = w.agent_id AND a.code = 'AG-001'
WHERE w.phone <> ''
  AND (SELECT count(*) FILTER (WHERE c.payment_id IS NULL) = 1 AND bool_and(c.funding = 'self')
       FROM contributions c WHERE c.worker_id = w.id)
  AND NOT EXISTS (SELECT FROM mandate_workers m WHERE m.worker_id = w.id)
ORDER BY w.id LIMIT 1
"""


@dataclass
class Thread:
    """One worker's auto-debit: the agent's phone, the worker's own, and the simulator's panel."""

    tree: Tree
    sari: Person
    worker: Person
    panel: Page
    worker_id: int
    phone: str
    own_page: str = ""

    def complaints(self) -> list[str]:
        """What the browsers wrote to their consoles."""
        return [*self.sari.complaints, *self.worker.complaints]

    def shoot(self, folder: Path | None, name: str) -> None:
        """Take pictures of what the agent and the worker see, if there is a folder for them."""
        if folder is not None:
            for person, seen in ((self.sari, "agent"), (self.worker, "worker")):
                person.page.screenshot(path=folder / f"debit-{name}-{seen}.png", full_page=True)

    # --- time -------------------------------------------------------------------------------

    @property
    def _clock(self) -> DemoClock:
        return DemoClock(self.tree, self.panel)

    def now(self) -> datetime:
        """The time of the demo."""
        return self._clock.now()

    def advance(self, seconds: int) -> None:
        """Advance the clock on the simulator's panel."""
        self._clock.advance(seconds)

    def go_to(self, day: date, hour: int) -> None:
        """Advance the clock to a time of a day."""
        self._clock.go_to(day, hour)

    def begin_of_month(self) -> None:
        """Go to the next day from which a month's debit can still be announced."""
        today = self.now().date()
        if not 2 <= today.day <= 5:
            self.go_to((today.replace(day=1) + timedelta(days=32)).replace(day=2), 9)

    # --- pages ------------------------------------------------------------------------------

    def agent_page(self) -> Locator:
        """The part about auto-debit on the worker's page, as the agent sees it now."""
        address = f"{self.tree.url}/pekerja/{self.worker_id}"
        self.sari.page.goto(address)
        if self.sari.page.url != address:  # signed out, after so many days
            self.sari.sign_in(SARI)
            self.sari.page.goto(address)
        return self.sari.page.locator("#debit-otomatis")

    def own(self) -> Page:
        """The worker's own page, as it is now."""
        self.worker.page.goto(self.own_page)
        return self.worker.page

    def agent_reads(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until the agent sees this about the worker's auto-debit."""
        return _until(self.agent_page, text)

    def worker_reads(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until the worker sees this on the own page."""
        return _until(lambda: self.own().locator("main"), text)

    # --- what people do -----------------------------------------------------------------------

    def invited(self) -> None:
        """The agent makes the personal link and sends it to the worker."""
        self.agent_page().get_by_role("button", name="Ajak debit otomatis").click()
        link = self.sari.page.locator("#debit-otomatis [data-copy^='http']").first
        self.own_page = str(link.get_attribute("data-copy"))

    def agrees(self) -> None:
        """The worker fills the form on the own phone, and links GoPay on the provider's page."""
        page = self.own()
        page.get_by_label("Nama pemilik akun").fill("Pemilik Akun")
        page.get_by_label("Nomor HP akun").fill(self.phone)
        page.get_by_label("Tanggal debit tiap bulan").fill(str(DAY))
        page.get_by_label("Saya sudah membaca, dan saya setuju.").check()
        self.worker.press("Lanjut ke halaman penyedia")
        page.get_by_role("link", name="Buka halaman penyedia").click()
        expect(page.get_by_role("heading", name="Hubungkan GoPay?")).to_be_visible()
        page.get_by_role("button", name="Hubungkan").click()
        page.wait_for_url(f"{self.tree.url}/**")
        expect(page.get_by_text("Hentikan debit otomatis")).to_be_visible()

    def reads_the_notice(self) -> date:
        """The agent sends the message, the worker reads it; the day of the debit."""
        self.advance(60)
        planned = wait_for(self.due_on, "the debit is planned", limit_s=60)
        if planned - self.now().date() > timedelta(days=6):  # moved by holidays
            self.go_to(planned - timedelta(days=6), 9)
        told = self.agent_reads("Pemberitahuan debit")
        told.get_by_role("button", name="Sudah saya kirim").click()
        self.worker_reads("akan didebit")
        self.worker.press("Saya sudah membaca")
        self.worker.sees("Anda sudah diberi tahu")
        return planned

    def announced(self) -> date:
        """All that leads to a debit of which the worker knows; its day."""
        self.begin_of_month()
        self.invited()
        self.agrees()
        return self.reads_the_notice()

    def due_on(self) -> date | None:
        """The day of the worker's next debit, if one is planned."""
        found = self.tree.query(
            "SELECT due_on FROM debits WHERE worker_id = %s AND state IN ('planned', 'announced')",
            self.worker_id,
        )
        return found[0][0] if found else None

    def collects(self, way: str) -> None:
        """The agent collects what the worker owes, in this way."""
        self.agent_page()
        self.sari.page.get_by_role("link", name="Tagih Rp").click()
        sheet = self.sari.page.get_by_role("dialog", name="Tagih iuran")
        sheet.get_by_role("radio", name=way).check()
        sheet.get_by_role("button", name=re.compile("(Terima|Buat tagihan) Rp")).click()

    def hands_in(self) -> None:
        """The agent declares all cash: who keeps it for a week takes no more."""
        self.sari.go("Setoran")
        page = self.sari.page
        page.get_by_label("Uang yang Anda hitung").fill("1")
        page.get_by_role("button", name="Catat hitungan dulu").click()
        held = rupiah(page.locator("form .total .num").last)
        page.get_by_label("Uang yang Anda hitung").fill(str(held))
        page.get_by_label("Nomor bukti setor").fill("TRF-SARI")
        page.get_by_role("main").get_by_role("button", name="Setor", exact=True).click()
        self.sari.sees("Keuangan akan menghitung dan mengonfirmasi")

    def wallet(self, amount_idr: int) -> None:
        """Put so much into the worker's GoPay, on the simulator's panel."""
        self.panel.goto(f"{self.tree.simulator}/panel")
        account = self.panel.locator("#accounts .row").filter(has_text=self._wallet_number())
        account.get_by_label("GoPayLater").fill("0")
        account.get_by_label("Saldo").fill(str(amount_idr))
        account.get_by_role("button", name="Simpan").click()
        expect(self.panel.get_by_role("status")).to_be_visible()

    def ask_for_pin_from(self, amount_idr: int) -> None:
        """GoPay asks for a PIN from this sum on."""
        self.panel.goto(f"{self.tree.simulator}/panel")
        row = self.panel.locator("#knobs .row").filter(has_text="pin_from_idr")
        row.get_by_label("pin_from_idr").fill(str(amount_idr))
        row.get_by_role("button", name="Simpan").click()
        expect(self.panel.get_by_role("status")).to_be_visible()

    def order_shown(self) -> str:
        """The order of the bill that the agent's phone shows, once it has its code."""
        expect(self.sari.page.get_by_role("img", name="Kode QR pembayaran")).to_be_visible()
        found = self.tree.query(
            "SELECT reference FROM payments WHERE worker_id = %s ORDER BY id DESC LIMIT 1",
            self.worker_id,
        )
        return str(found[0][0])

    def pays_late(self, order: str) -> None:
        """Somebody pays an expired order, which this gateway still takes."""
        requests.post(
            f"{self.tree.simulator}/_sim/knobs", json={"late_settlement": True}, timeout=30
        ).raise_for_status()
        self.panel.goto(f"{self.tree.simulator}/panel")
        row = self.panel.locator("#orders .row").filter(has_text=order)
        row.get_by_role("button", name="Bayar", exact=True).click()
        expect(self.panel.get_by_role("status")).to_be_visible()

    def revokes_at_the_provider(self) -> None:
        """The worker ends the link in the GoPay app, and GoPay tells nobody."""
        self.panel.goto(f"{self.tree.simulator}/panel")
        account = self.panel.locator("#accounts .row").filter(has_text=self._wallet_number())
        account.get_by_label("tanpa memberi tahu").check()
        account.get_by_role("button", name="Putuskan").click()
        expect(self.panel.get_by_role("status")).to_be_visible()

    def opens_the_rest(self) -> Page:
        """The worker asks the agent for a code, and opens history and receipts with it."""
        self.agent_page().get_by_role("button", name="Siapkan kode halaman").click()
        code = self.sari.page.locator("#debit-otomatis .mono").inner_text()
        page = self.own()
        page.get_by_label("Kode", exact=True).fill(code)
        self.worker.press("Buka dengan kode")
        expect(page.get_by_role("heading", name="Perlindungan")).to_be_visible()
        return page

    def _wallet_number(self) -> str:
        return "+62" + re.sub(r"^(\+62|0)", "", self.phone)


@contextmanager
def thread(tree: Tree, browser: Browser) -> Iterator[Thread]:
    """A worker who owes one month, with everybody around."""
    found = tree.query(_OWES_ONE_MONTH)
    worker_id, _name, phone = found[0]
    handy = {"viewport": PHONE, "has_touch": True}
    with (
        seated(browser, tree.url, SARI, **handy) as sari,
        seated(browser, tree.url, **handy) as worker,
        seated(browser, tree.simulator) as somebody,
    ):
        life = Thread(tree, sari, worker, somebody.page, worker_id, phone)
        yield life
        assert life.complaints() == []


def _until(part: Callable[[], Locator], text: str | re.Pattern[str]) -> Locator:
    """Load a page again, as people do, until it shows the text."""

    def look() -> Locator | None:
        shown = part()
        try:
            expect(shown.get_by_text(text).first).to_be_visible(timeout=1_000)
        except AssertionError:
            return None
        return shown

    return wait_for(look, f"the page shows {text!r}", limit_s=90)
