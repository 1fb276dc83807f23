"""No sentence sends a person to something that does not exist.

Every text of the catalogue is read. Who asks somebody to do a thing must name somebody who can do
it on a page that exists: the phrase is in ACTS with the page and the role, and the role must hold
the page's permission. A named page, button, address or command must exist. A sentence with a
request that is not in the table fails until somebody says where it is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click import Group
from flask import Flask

from agentsys.cli import cli
from agentsys.people.permissions import ROLES, Permission, RoleName
from agentsys.web.access import ANYBODY, SIGNED_IN, guard_of
from agentsys.web.pages import PAGES

AGENT, SUPERVISOR = RoleName.AGENT, RoleName.SUPERVISOR
FINANCE, ADMIN = RoleName.FINANCE, RoleName.ADMIN

# What is asked of whom: the words, the page where it is done, and who must be able to do it there.
ACTS: dict[str, tuple[str, tuple[RoleName, ...]]] = {
    "Minta admin mengaktifkannya": ("agents.change", (ADMIN,)),
    "Minta persetujuan": ("supervisor.step_roster", (SUPERVISOR, ADMIN)),
    "Minta admin.": ("supervisor.carry_out_handover", (ADMIN,)),
    "dmin menunjuk wakil lain": ("supervisor.name_delegate", (ADMIN,)),
    "Minta admin menunjuk wakil lain": ("supervisor.name_delegate", (ADMIN,)),
    "Minta admin lain": ("admin.users", (ADMIN,)),
    "Admin kantor mengangkat agen": ("supervisor.appoint", (ADMIN,)),
    "minta penyelia Anda mengakhiri cuti": ("supervisor.end_leave", (SUPERVISOR,)),
    "Penyelia Anda mencatatnya": ("supervisor.record_paper", (SUPERVISOR,)),
    "Kantor memeriksa selisihnya.": ("finance.explain_commission", (FINANCE, ADMIN)),
    "Minta orang lain mengusulkannya": ("finance.adjust_commission", (FINANCE, ADMIN)),
    "Minta orang lain menyetujui": ("finance.decide_payouts", (FINANCE, ADMIN)),
    "Minta penyelia lain": ("supervisor.decide_statement", (SUPERVISOR,)),
    "Minta keuangan menghitung": ("finance.run_commissions", (FINANCE,)),
    "Minta kode kepada agen": ("agent.page_code", (AGENT,)),
    "Minta kode baru kepada agen": ("agent.page_code", (AGENT,)),
    "Minta penyelia agennya atau admin mengunggah": ("supervisor.rosters", (SUPERVISOR, ADMIN)),
    "minta admin kantor memberi akses": ("user_roles.change", (ADMIN,)),
    "minta kantor membatalkan rencananya": ("workers.decide_change", (SUPERVISOR, FINANCE)),
    "Tanyakan kepada kantor apakah": ("workers.resume", (SUPERVISOR, FINANCE)),
    "Besok kantor dapat mengaktifkannya": ("workers.resume", (SUPERVISOR, FINANCE)),
    "penyelia lain atau admin kantor": ("supervisor.accept_handover", (SUPERVISOR, ADMIN)),
    "Penyelia lain atau admin kantor": ("supervisor.accept_handover", (SUPERVISOR, ADMIN)),
    "inta kantor mengaktifkannya": ("workers.resume", (SUPERVISOR, FINANCE)),
    "Kantor dapat mengaktifkannya": ("workers.resume", (SUPERVISOR, FINANCE)),
    "Minta kata sandi baru kepada admin": ("admin.users", (ADMIN,)),
    "Minta tautan baru kepada": ("agent.pay_link", (AGENT,)),
    "minta agen mengirim tautan": ("agent.pay_link", (AGENT,)),
    "Mintalah orang lain mencatat jawaban": ("bpu.record", (SUPERVISOR, FINANCE)),
    "Minta admin semua kantor memutuskan": ("workers.decide_pair", (ADMIN,)),
    "Admin semua kantor dapat membandingkan": ("workers.pair", (ADMIN,)),
    "antor memeriksanya": ("workers.decide_pair", (SUPERVISOR, FINANCE)),
    "Minta orang lain memutuskan": ("finance.close_case", (FINANCE,)),
    "Minta bagian keuangan atau admin kantor.": ("sponsors.upload_list", (FINANCE, ADMIN)),
    "minta admin kantor": ("admin.users", (ADMIN,)),
    "meminta salinan, perbaikan": ("workers.ask_data", (SUPERVISOR, ADMIN)),
    "Kantor mendaftarkan %(name)s lagi": ("workers.registered", (SUPERVISOR, FINANCE)),
    "Minta orang lain mencatatnya": ("workers.paste_earlier", (SUPERVISOR, FINANCE)),
    "Minta diserahkan": ("work.hand_over", (FINANCE,)),
    "Admin kantor menambahkan agen": ("admin.users", (ADMIN,)),
    "Admin menambahkannya di halaman": ("admin.users", (ADMIN,)),
    "antor mengembalikannya": ("finance.propose_transfer", (FINANCE,)),
    "keuangan mengembalikannya": ("finance.propose_transfer", (FINANCE,)),
    "kantor mendaftarkannya": ("workers.registered", (SUPERVISOR, FINANCE)),
    "Keuangan membuat tagihan": ("finance.run_billing", (FINANCE,)),
    "kantor membuat tagihan": ("finance.run_billing", (FINANCE,)),
    "keuangan menghitung": ("finance.run_commissions", (FINANCE,)),
    "Keuangan akan menghitung dan mengonfirmasi": ("finance.decide_deposit", (FINANCE,)),
    "Minta penyelianya atau admin.": ("supervisor.set_area", (SUPERVISOR, ADMIN)),
    "Kantor memutuskannya": ("finance.decide_deduction", (FINANCE,)),
    "kantor memutuskan.": ("finance.decide_deduction", (FINANCE,)),
    "euangan mengusulkannya": ("reversals.propose", (FINANCE,)),
    "keuangan dapat membatalkan setoran": ("finance.cancel_remittance", (FINANCE,)),
    "kantor mengaktifkannya untuk membayar sendiri": ("workers.resume", (SUPERVISOR, FINANCE)),
    "antor memutuskan": ("finance.decide_deduction", (FINANCE,)),
    "dicatat oleh penyelia atau keuangan": ("bpu.record", (SUPERVISOR, FINANCE)),
}
# What is asked of somebody outside, or is told without a page.
ELSEWHERE = (
    "minta kembali kepada BPJS",
    "Minta BPJS mengembalikannya",  # outside, after a second payment
    "minta kode baru di EPS",  # BPJS' own program
    "Minta pengelola",  # who runs the system, and edits its tables
    "minta pengelola",
    "Midtrans meminta",
    "minta sponsor menaikkan batasnya",  # outside of the system, by a new agreement
    "Minta sponsor menambah anggaran",
    "Minta kantor cabang BPJS",
    "atau minta transfer",  # from the sponsor
    "Minta transfer untuk kekurangannya; sisanya ikut dipakai.",  # too
    "Minta buku tabungannya",  # on paper, from the agent
    "Kantor memeriksanya dulu",
    "penyedia meminta",
    "keuangan akan memberi kabar",
    "admin mengetahuinya",
    # Titles and buttons, which ask nobody.
    "kantor memakai agentsys",
    "inta ditarik",
    "inta dipotong dari komisi",
    "inta dibuka lagi",
    "Minta dipotong dari komisi",
    "Kantor menanggung kekurangannya",  # a choice
    "kantor mendapat agen kelurahannya",  # the list of the office
    "dicatat oleh",
)
_ASKS = re.compile(
    r"\b[Mm]inta(?:lah)?\b"
    r"|\b(?:[Kk]antor|[Aa]dmin|[Kk]euangan|[Pp]enyelia)(?:nya| Anda)?"
    r" (?:dapat |boleh |akan )?me(?!nurut|nunggu|lalui)\w+"
    r"|\bdicatat oleh\b"
)
_PAGE = re.compile(r"\bdi halaman ([A-Z][a-z]+(?: (?!atau|dan)[a-z]+)?)(?= |\.|,|$)")
_PRESS = re.compile(r"\b[Tt]ekan ([A-Z][^.,;:%]*?)(?: untuk|\.|,|;|$)")
_ADDRESS = re.compile(r"(?<![\w/.])(/[a-z][a-z/-]+)")
_COMMAND = re.compile(r"(?:\b[Jj]alankan|[`:]|terminal oleh) ?`?agentsys ((?:[a-z-]+)(?: [a-z]+)?)")
_MARKED = re.compile(r"_\(\s*(?:'([^']+)'|\"([^\"]+)\")")
_THEIRS = {"Simpan Sebagai", "Enter"}  # buttons of other programs, and keys
_FILES = {"/dev/shm", "/etc/passwd"}
_NO_COMMANDS = {"dengan"}  # words after the name of the program


def texts(here: Path) -> list[str]:
    """Every text of the catalogue."""
    file = here / "agentsys" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as lines:
        return [
            text
            for message in read_po(lines)
            if message.id
            for text in (message.id if isinstance(message.id, tuple) else (message.id,))
        ]


def labels(here: Path) -> set[str]:
    """Every text that a template marks: titles, headings, buttons, links."""
    found: set[str] = set()
    for template in (here / "templates").rglob("*.html"):
        for single, double in _MARKED.findall(template.read_text("utf-8")):
            found.add(single or double)
    return found


def requests(text: str) -> Iterator[str]:
    """What a text asks of somebody: the words of the table, or the words that are not there."""
    for match in _ASKS.finditer(text):
        around = text[max(0, match.start() - 30) :]
        known = [phrase for phrase in (*ACTS, *ELSEWHERE) if phrase in around]
        yield known[0] if known else text[match.start() : match.start() + 60]


def test_whatever_is_asked_of_somebody_is_in_the_table(here: Path) -> None:
    unknown = {
        asked
        for text in texts(here)
        for asked in requests(text)
        if asked not in ACTS and asked not in ELSEWHERE
    }

    assert unknown == set()


def test_a_request_that_nobody_can_fulfil_is_noticed() -> None:
    assert list(requests("Hubungi agen. Minta kantor memindahkannya.")) == [
        "Minta kantor memindahkannya.",
        "kantor memindahkannya.",
    ]


def test_every_row_of_the_table_is_asked_somewhere(here: Path) -> None:
    every = "\n".join(texts(here))

    assert {phrase for phrase in ACTS if phrase not in every} == set()


@pytest.mark.parametrize("phrase", ACTS)
def test_who_is_asked_can_do_it_on_a_page_that_exists(app: Flask, phrase: str) -> None:
    endpoint, roles = ACTS[phrase]
    guard = guard_of(app, endpoint, "POST")

    assert endpoint in app.view_functions
    if guard not in (ANYBODY, SIGNED_IN):
        assert isinstance(guard, Permission)
        assert {role for role in roles if guard not in ROLES[role].permissions} == set()


def test_a_page_that_is_named_exists(here: Path) -> None:
    pages = {str(page.label) for page in PAGES} | labels(here)
    named = {name for text in texts(here) for name in _PAGE.findall(text)}

    assert len(named) > 3
    assert {name for name in named if name not in pages} == set()


def test_a_button_that_is_named_exists(here: Path) -> None:
    known = labels(here) | _THEIRS
    named = {name.strip() for text in texts(here) for name in _PRESS.findall(text)}

    assert len(named) > 2
    assert {name for name in named if name not in known} == set()


def test_an_address_that_is_named_exists(app: Flask, here: Path) -> None:
    known = {rule.rule.rstrip("/") for rule in app.url_map.iter_rules()}
    named = {name.rstrip("/") for text in texts(here) for name in _ADDRESS.findall(text)}

    assert {name for name in named if name not in known | _FILES} == set()


def test_a_command_that_is_named_exists(here: Path) -> None:
    named = {words for text in texts(here) for words in _COMMAND.findall(text)}
    unknown = set()
    for first, _, second in (words.partition(" ") for words in named):
        command = cli.commands.get(first)
        if first in _NO_COMMANDS:
            continue
        if command is None or (
            isinstance(command, Group) and second and second not in command.commands
        ):
            unknown.add(f"{first} {second}")

    assert len(named) > 3
    assert unknown == set()
