"""A real office begins and lives, by clicks: from an empty database to a clean audit.

The months are those of next January to May, after the discount of PP 50/2025: a bill is Rp22.800
(JKK Rp16.000 and JKM Rp6.800, for an income of Rp1.500.000), and an agent earns 15 % of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import contribution_months as months
from tests.browser import first_hour, lives
from tests.browser.demo_clock import DemoClock, until_next_january
from tests.browser.people import DESKTOP, PHONE, Person, seated
from tests.tree import Tree

pytestmark = pytest.mark.xdist_group("browser")

AYU, RAHMAT, SITI = WORKERS = ("Ni Luh Ayu", "Rahmat Hidayat", "Siti Aminah")
HEIR = "Made Wirawan"
CORRECTED_NIK = first_hour.nik_of(50)
BILL, EARNED = 22_800, 3_420
PHONES = {
    "Andi": "081200000031",
    "Ratna": "081200000011",
    "Lina": "081200000021",
    "Sari": "081200000001",
    "Dewi": "081200000002",
}


@pytest.fixture(scope="module")
def empty(chromium: Browser) -> Iterator[Tree]:
    """`agentsys run` on an empty database, in January."""
    running = Tree(workers=0, ahead=until_next_january(datetime.now(UTC)))
    running.start()
    yield running
    assert running.stop() == 0


@dataclass
class Office:
    """The people of the office, each with a window, and the clock."""

    andi: Person
    ratna: Person
    lina: Person
    sari: Person
    dewi: Person
    clock: DemoClock

    def month(self, number: int) -> date:
        """The first day of a month of the story's year."""
        return date(self.clock.now().year, number, 1)

    def months_pass(self, count: int) -> None:
        """Later; everybody has to sign in again."""
        self.clock.months_pass(count)
        for name, phone in PHONES.items():
            first_hour.somebody_signs_in_again(getattr(self, name.lower()), phone)

    def complaints(self) -> list[str]:
        """What the browsers wrote to their consoles."""
        people = (self.andi, self.ratna, self.lina, self.sari, self.dewi)
        return [complaint for person in people for complaint in person.complaints]


def test_an_office_begins_and_its_workers_pay_die_move_lapse_and_come_back(
    empty: Tree, chromium: Browser, pictures: Path | None
) -> None:
    with ExitStack() as open_windows:

        def window(address: str = empty.url, **options: object) -> Person:
            return open_windows.enter_context(seated(chromium, address, **options))

        andi, ratna, lina = (window(viewport=DESKTOP) for _ in range(3))
        sari, dewi = (window(viewport=PHONE, has_touch=True) for _ in range(2))
        clock = DemoClock(empty, window(empty.simulator).page)
        office = Office(andi, ratna, lina, sari, dewi, clock)

        it_begins(office, empty.said(), pictures)
        january(office)
        february(office)
        may(office)

        audit = empty.command("audit")
        assert audit.returncode == 0, audit.stdout
        assert office.complaints() == []


def it_begins(office: Office, said: str, pictures: Path | None) -> None:
    """The system is set up, people are hired and agents appointed."""
    andi = office.andi
    first_hour.the_system_is_set_up(andi, said, pictures)
    first_hour.the_office_says_who_controls_the_data(andi)
    for name, role, code in (
        ("Ratna", "Penyelia", ""),
        ("Lina", "Keuangan", ""),
        ("Sari", "Agen", "AG-1"),
        ("Dewi", "Agen", "AG-2"),
    ):
        word = first_hour.somebody_is_hired(andi, name, role, PHONES[name], code=code)
        person = getattr(office, name.lower())
        first_hour.somebody_signs_in_for_the_first_time(person, PHONES[name], word)
    for agent in ("Sari", "Dewi"):
        first_hour.an_agent_is_appointed(office.ratna, office.andi, agent)


def january(office: Office) -> None:
    """Three workers are enrolled, registered, paid and confirmed."""
    ratna, lina, sari = office.ratna, office.lina, office.sari
    for number, name in enumerate(WORKERS):
        first_hour.a_worker_is_enrolled(sari, name, number)
    lives.the_office_pastes_the_answers_of_bpjs(
        ratna,
        [(first_hour.nik_of(n), f"2601234567{n}", "TERDAFTAR") for n in range(len(WORKERS))],
    )
    months.the_month_is_billed(lina, office.month(1), workers=3)
    for name in WORKERS:
        months.the_month_is_paid_in_cash(sari, name, BILL)
    months.the_cash_is_handed_over(sari, lina, "Sari", 3 * BILL)
    months.the_months_are_confirmed_by_bpjs(lina, "W270105001", 3 * BILL)
    months.the_worker_is_covered(sari, AYU)
    months.commissions_are_computed_and_approved(lina, ratna, office.month(1), {"Sari": 3 * EARNED})
    months.the_agent_reads_why(
        sari, office.month(1), [(name, office.month(1), EARNED) for name in WORKERS]
    )


def february(office: Office) -> None:
    """One moves to another agent, one's NIK is corrected; she pays, and dies."""
    office.months_pass(1)
    ratna, lina, sari, dewi = office.ratna, office.lina, office.sari, office.dewi
    year = office.month(2).year
    months.the_month_is_billed(lina, office.month(2), workers=3)
    lives.the_worker_moves_to(
        ratna,
        office.andi,
        RAHMAT,
        "Dewi",
        [f"Februari {year} 0 · Rp0 1 · Rp22.800", f"Januari {year} 1 · Rp22.800 0 · Rp0"],
    )
    lives.the_agent_proposes_another_nik(sari, AYU, CORRECTED_NIK)
    lives.another_person_approves_it(ratna, AYU, CORRECTED_NIK)
    lives.an_heir_is_recorded(sari, AYU, HEIR)
    months.the_month_is_paid_in_cash(sari, AYU, BILL)
    months.the_month_is_paid_in_cash(dewi, RAHMAT, BILL)
    lives.the_worker_dies(ratna, AYU, HEIR)
    months.the_cash_is_handed_over(sari, lina, "Sari", BILL)
    months.the_cash_is_handed_over(dewi, lina, "Dewi", BILL)
    months.the_months_are_confirmed_by_bpjs(lina, "W270205001", 2 * BILL)
    months.commissions_are_computed_and_approved(
        lina, ratna, office.month(2), {"Sari": EARNED, "Dewi": EARNED}
    )
    months.the_agent_reads_why(sari, office.month(2), [(AYU, office.month(2), EARNED)])
    months.the_agent_reads_why(dewi, office.month(2), [(RAHMAT, office.month(2), EARNED)])


def may(office: Office) -> None:
    """One pays all arrears; the other one lapsed, and comes back."""
    office.months_pass(3)
    ratna, lina, sari, dewi = office.ratna, office.lina, office.sari, office.dewi
    lives.the_membership_has_lapsed(ratna, SITI)
    lives.the_worker_is_a_member_again(ratna, SITI)
    lives.the_office_pastes_the_answers_of_bpjs(
        ratna, [(first_hour.nik_of(2), "26012345672", "TERDAFTAR")]
    )
    for number, workers in ((3, 1), (4, 1), (5, 2)):
        months.the_month_is_billed(lina, office.month(number), workers=workers)
    months.the_month_is_paid_in_cash(dewi, RAHMAT, 3 * BILL)
    months.the_month_is_paid_in_cash(sari, SITI, BILL)
    months.the_cash_is_handed_over(sari, lina, "Sari", BILL)
    months.the_cash_is_handed_over(dewi, lina, "Dewi", 3 * BILL)
    months.the_months_are_confirmed_by_bpjs(lina, "W270505001", 4 * BILL)
    months.commissions_are_computed_and_approved(
        lina, ratna, office.month(5), {"Sari": EARNED, "Dewi": 3 * EARNED}
    )
    months.the_agent_reads_why(sari, office.month(5), [(SITI, office.month(5), EARNED)])
    months.the_agent_reads_why(
        dewi, office.month(5), [(RAHMAT, office.month(n), EARNED) for n in (3, 4, 5)]
    )
