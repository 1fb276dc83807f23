"""The entries of the menu. Their permissions are those that their views declare.

A page under an entry's URL (`/keuangan/kasus/7`) belongs to that entry automatically.
A page elsewhere is named in the `also` of its entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from flask import Flask, current_app
from flask_babel import LazyString, lazy_pgettext
from flask_security import current_user

from agentsys.people.permissions import Permission, RoleHolder
from agentsys.web.access import guard_of
from agentsys.web.texts import lazy


@dataclass(frozen=True)
class Page:
    """One entry of the menu."""

    endpoint: str
    label: LazyString
    icon: str
    also: tuple[str, ...] = ()  # endpoints at other URLs that belong to this entry
    rest_of: str = ""  # the blueprint whose other endpoints all belong to this entry


@dataclass(frozen=True)
class Group:
    """Entries about one subject. A single entry is shown without its group."""

    name: str
    label: LazyString
    icon: str
    pages: tuple[Page, ...]
    folds: bool = True


# The signed-in user's tasks, shown above all groups and always visible.
WORK = Group(
    "work",
    lazy("Kerja"),
    "inbox",
    (Page("work.inbox", lazy("Kotak kerja"), "inbox", rest_of="work"),),
    folds=False,
)
FIELD = Group(
    "field",
    lazy("Lapangan"),
    "smartphone",
    (
        Page("agent.today", lazy("Hari ini"), "users", rest_of="agent"),
        Page("agent.cash", lazy("Setoran"), "banknote"),
        Page("agent.commission", lazy("Komisi"), "chart-column-increasing"),
        Page("agent.enrol", lazy("Daftarkan"), "user-plus"),
    ),
)
GROUPS = (
    WORK,
    FIELD,
    Group(
        "people",
        lazy("Orang"),
        "users",
        (
            Page("supervisor.inbox", lazy("Ringkasan"), "layout-dashboard"),
            Page("supervisor.team", lazy("Tim"), "users"),
            Page("workers.index", lazy_pgettext("jumlah", "Pekerja"), "user-round"),
            Page("workers.groups", lazy("Kelompok pekerja"), "network"),
            Page("workers.changes", lazy("Usul perubahan"), "user-pen"),
            Page("workers.pairs", lazy("Orang yang sama?"), "user-round-search"),
            Page("supervisor.rosters", lazy("Daftar pekerja"), "file-spreadsheet"),
            Page("supervisor.clocks", lazy("Tenggat agen"), "calendar-clock"),
            Page("supervisor.handovers", lazy("Serah terima"), "arrow-left-right"),
            Page("agent_accounts.index", lazy("Rekening agen"), "landmark"),
        ),
    ),
    Group(
        "money_in",
        lazy("Uang masuk"),
        "hand-coins",
        (
            Page(
                "finance.deposits",
                lazy("Setoran agen"),
                "hand-coins",
                ("finance.shortages", "finance.transfer_with_agent", "finance.decide_deduction"),
            ),
            Page("reversals.index", lazy("Pembatalan kuitansi"), "ban"),
            Page("sponsors.index", lazy("Sponsor"), "handshake"),
            Page("finance.statements", lazy("Mutasi bank"), "receipt-text"),
            Page("finance.debits", lazy("Debit otomatis"), "repeat"),
            Page("finance.channels", lazy("Status kanal"), "activity"),
            Page(
                "finance.gateway_payouts",
                lazy("Pencairan gateway"),
                "landmark",
                (
                    "finance.record_own_funds",
                    "finance.book_unexplained",
                    "finance.explain_unexplained",
                    "finance.return_unexplained",
                ),
            ),
        ),
    ),
    Group(
        "to_bpjs",
        lazy("Ke BPJS"),
        "send",
        (
            Page("finance.billing", lazy("Penagihan bulanan"), "calendar-check"),
            Page("tariffs.index", lazy("Tabel iuran"), "table-properties"),
            Page("finance.remittances", lazy("Kirim ke BPJS"), "send"),
            Page("workers.registration", lazy("Daftarkan ke BPJS"), "user-round-plus"),
            Page("bpu.index", lazy("Jawaban BPJS"), "user-round-check"),
            Page("workers.earlier", lazy("Dibayar di tempat lain"), "calendar-check"),
            Page("workers.claims", lazy("Klaim"), "heart-handshake"),
            Page("reports.office", lazy("Laporan kantor"), "chart-pie", rest_of="reports"),
            Page("reports.publication", lazy("Daftar untuk ditempel"), "clipboard-list"),
            Page("reports.targets", lazy("Target peserta"), "target"),
        ),
    ),
    Group(
        "commission",
        lazy("Komisi"),
        "badge-check",
        (
            Page("supervisor.commissions", lazy("Persetujuan komisi"), "badge-check"),
            Page("supervisor.delegates", lazy("Wakil saat cuti"), "calendar-clock"),
            Page("finance.commissions", lazy("Hitung komisi"), "calculator"),
            Page("finance.commission_receipts", lazy("Insentif dari BPJS"), "landmark"),
            Page(
                "finance.payouts",
                lazy("Bayar komisi"),
                "hand-coins",
                ("finance.record_payout_result",),
            ),
            Page("finance.carried", lazy("Koreksi komisi"), "pencil-ruler"),
            Page("finance.commission_tax", lazy("Pajak komisi"), "receipt-text"),
            Page("finance.rates", lazy("Aturan komisi"), "sliders-horizontal"),
            Page("finance.stage_rules", lazy("Aturan persetujuan"), "badge-check"),
            Page("finance.terms", lazy("Ketentuan komisi"), "scroll-text"),
        ),
    ),
    Group(
        "check",
        lazy("Periksa"),
        "search-check",
        (
            Page("finance.cases", lazy("Perlu diperiksa"), "search-check"),
            Page(
                "finance.callbacks",
                lazy("Notifikasi gateway"),
                "bell",
                ("finance.payment", "finance.ask_provider", "finance.propose_refund"),
            ),
            Page("finance.refunds", lazy("Pengembalian"), "undo-2"),
            Page("finance.corrections", lazy("Koreksi"), "eraser", ("finance.propose_correction",)),
            Page(
                "finance.books",
                lazy("Buku besar"),
                "scale",
                ("finance.transfers", "finance.propose_transfer", "finance.decide_transfer"),
            ),
            Page("finance.three_way", lazy("Pencocokan tiga arah"), "git-compare"),
            Page("finance.closing", lazy("Tutup bulan"), "lock"),
            Page("trail.index", lazy("Jejak audit"), "history"),
            Page("retention.index", lazy("Masa simpan data"), "archive-x"),
        ),
    ),
    Group(
        "settings",
        lazy("Pengaturan"),
        "settings",
        (
            Page("offices.index", lazy("Kantor"), "building-2"),
            Page("admin.users", lazy("Pengguna"), "users"),
            Page("agents.index", lazy_pgettext("jumlah", "Agen"), "id-card"),
            Page("holidays.index", lazy("Hari libur"), "calendar-off"),
            Page("escalation.index", lazy("Tenggat"), "clock-alert"),
        ),
    ),
)
PAGES = tuple(page for group in GROUPS for page in group.pages)


def visible(group: Group) -> list[Page]:
    """The pages of a group that the signed-in user may open."""
    # Looking these up for each page is slow.
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    user = current_user._get_current_object()
    return [page for page in group.pages if _may_open(app, user, page)]


def entry_of(endpoint: str) -> Page | None:
    """The entry that a page belongs to."""
    return _entries(current_app._get_current_object()).get(endpoint)  # type: ignore[attr-defined]


def _may_open(app: Flask, user: RoleHolder, page: Page) -> bool:
    guard = guard_of(app, page.endpoint)
    return not isinstance(guard, Permission) or user.can(guard)


@cache
def _entries(app: Flask) -> dict[str, Page]:
    """Each endpoint with its entry."""
    addresses = {rule.endpoint: _place(rule.rule) for rule in app.url_map.iter_rules()}
    found = {}
    for endpoint, address in addresses.items():
        named = [page for page in PAGES if endpoint == page.endpoint or endpoint in page.also]
        above = [page for page in PAGES if address.startswith(addresses[page.endpoint])]
        above.sort(key=lambda page: -len(addresses[page.endpoint]))
        rest = [page for page in PAGES if endpoint.partition(".")[0] == page.rest_of]
        if entries := named + above + rest:
            found[endpoint] = entries[0]
    return found


def _place(address: str) -> str:
    """The URL prefix of an entry's pages; a file belongs to the page that links to it."""
    return address.removesuffix(".xlsx").rstrip("/") + "/"
