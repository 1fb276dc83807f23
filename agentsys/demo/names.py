"""Invented names, jobs and places of the demo city; roster_words has those that rosters use."""

from __future__ import annotations

from dataclasses import dataclass

from agentsys.demo.roster_words import CITY, FAMILY_NAMES, FIRST_NAMES, KELURAHAN, STREETS
from agentsys.people.permissions import RoleName
from agentsys.workers.kinds import Ecosystem as Kind

__all__ = [
    "AGENT_NAMES",
    "CITY",
    "ECOSYSTEMS",
    "FAMILY_NAMES",
    "FIRST_NAMES",
    "KELURAHAN",
    "OTHER_CITY",
    "STAFF",
    "STREETS",
    "Ecosystem",
    "Trade",
]

OTHER_CITY = "Kota Muara Kencana"


@dataclass(frozen=True)
class Trade:
    """A job, what the business is called, and what it earns in a month at least and at most."""

    job: str
    business: str
    lowest_idr: int
    highest_idr: int


@dataclass(frozen=True)
class Ecosystem:
    """One of the four ecosystems through which informal workers are reached."""

    name: str
    kind: Kind
    percent: int  # of the city's workers
    sponsored: bool  # paid by the city's budget (APBD)
    jht_percent: int  # how many of its workers save for old age too
    trades: tuple[Trade, ...]


ECOSYSTEMS = (
    Ecosystem(
        "Desa dan pesisir",
        Kind.DESA,
        25,
        False,
        20,
        (
            Trade("Nelayan", "Kapal", 1_000_000, 2_800_000),
            Trade("Pembudidaya rumput laut", "Rumput laut", 900_000, 2_200_000),
            Trade("Petani sayur", "Kebun", 900_000, 1_900_000),
            Trade("Pengolah ikan asin", "Ikan asin", 900_000, 1_700_000),
            Trade("Tukang perahu", "Bengkel perahu", 1_400_000, 3_000_000),
        ),
    ),
    Ecosystem(
        "Pasar dan UMKM",
        Kind.PASAR,
        25,
        False,
        45,
        (
            Trade("Pedagang pasar", "Kios", 1_300_000, 4_500_000),
            Trade("Penjahit", "Jahit", 1_200_000, 2_800_000),
            Trade("Warung makan", "Warung", 1_500_000, 4_800_000),
            Trade("Penjual kue", "Kue", 1_000_000, 2_400_000),
            Trade("Montir", "Bengkel", 1_500_000, 3_500_000),
        ),
    ),
    Ecosystem(
        "Ojek dan kurir",
        Kind.ECOMMERCE,
        20,
        False,
        30,
        (
            Trade("Ojek daring", "Ojek", 1_500_000, 3_800_000),
            Trade("Ojek pangkalan", "Ojek", 1_000_000, 2_200_000),
            Trade("Kurir paket", "Antar", 1_600_000, 3_400_000),
            Trade("Sopir angkot", "Angkot", 1_400_000, 2_900_000),
        ),
    ),
    Ecosystem(
        "Pekerja rentan",
        Kind.RENTAN,
        30,
        True,
        0,
        (
            Trade("Buruh harian", "", 1_000_000, 1_000_000),
            Trade("Tukang pijat", "", 1_000_000, 1_000_000),
            Trade("Pemulung", "", 1_000_000, 1_000_000),
            Trade("Juru parkir", "", 1_000_000, 1_000_000),
            Trade("Nelayan", "", 1_000_000, 1_000_000),
            Trade("Ojek pangkalan", "", 1_000_000, 1_000_000),
            Trade("Marbut masjid", "", 1_000_000, 1_000_000),
        ),
    ),
)

# The first is Sari, whose screen shows every state; the second signs in too.
AGENT_NAMES = ("Sari Lestari", "Budi Santoso", "Murni Yusran", "Rahmat Hidayat")

# Role, name, the last digits of the phone number, and whether of the other city's office.
STAFF = (
    (RoleName.SUPERVISOR, "Ratna Wijaya", 11, False),
    (RoleName.SUPERVISOR, "Hasan Basri", 12, False),
    (RoleName.FINANCE, "Lina Kusuma", 21, False),
    (RoleName.SUPERVISOR, "Joko Prasetyo", 13, True),
    (RoleName.FINANCE, "Dewi Maulana", 22, True),
    (RoleName.ADMIN, "Andi Firdaus", 31, None),
    (RoleName.AUDITOR, "Nurul Effendi", 41, None),
)
