"""What the name of a job suggests about its sector, which decides on the discount of PP 50/2025.

Words only suggest: the form asks the worker, and a list is never allowed to change an answer. In
Indonesian the main word of a name comes first, so the first word that the table knows decides:
"warung makan sopir" is a food stall, "sopir warung" drives. Words are added in
`tables/sector_words.csv`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.workers.kinds import Sector

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 80


class Reason(StrEnum):
    """Why a word suggests a sector; the values are the words of the table."""

    RIDE = "ride"
    DRIVE = "drive"
    CARRY = "carry"
    CART = "cart"
    BOAT = "boat"
    CREW = "crew"
    TRADE = "trade"
    REPAIR = "repair"
    GUARD = "guard"
    LOAD = "load"
    FISH = "fish"
    MACHINE = "machine"
    OWNER = "owner"
    RELATIVE = "relative"
    ELSEWHERE = "elsewhere"
    UNCLEAR = "unclear"

    @property
    def sentence(self) -> str:
        """The reason for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.RIDE: "Mengantar orang dengan ojek, becak, atau kendaraan aplikasi termasuk"
    " transportasi.",
    Reason.DRIVE: "Mengemudikan angkutan orang atau barang termasuk transportasi.",
    Reason.CARRY: "Mengantar paket, barang, atau makanan termasuk transportasi.",
    Reason.CART: "Mengemudikan angkutan yang ditarik hewan dianggap transportasi.",
    Reason.BOAT: "Mengemudikan perahu penumpang dianggap transportasi.",
    Reason.CREW: "Kernet bekerja di angkutan, tetapi ia tidak mengemudi.",
    Reason.TRADE: "Berdagang atau menjual makanan bukan transportasi, juga bila pembelinya sopir.",
    Reason.REPAIR: "Memperbaiki atau mencuci kendaraan bukan transportasi.",
    Reason.GUARD: "Menjaga parkir atau mengatur kendaraan bukan transportasi.",
    Reason.LOAD: "Memanggul atau membongkar barang tidak disebut sebagai transportasi.",
    Reason.FISH: "Menangkap atau membawa hasil ikan sendiri termasuk perikanan.",
    Reason.MACHINE: "Menjalankan alat berat tidak disebut sebagai transportasi.",
    Reason.OWNER: "Memiliki atau menyewakan kendaraan bukan mengemudikannya.",
    Reason.RELATIVE: "Yang menentukan adalah pekerjaan orang ini sendiri.",
    Reason.ELSEWHERE: "Pekerjaan ini bukan mengantar orang atau barang.",
    Reason.UNCLEAR: "Mengantar koran tidak disebut sebagai transportasi.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """The sector that a word of the job's name suggests, and why."""

    sector: Sector
    words: str
    reason: Reason
    sure: bool  # whether a source names this work


@lru_cache(maxsize=4096)
def suggest(job: str) -> Suggestion | None:
    """What the first known word of a job's name suggests; None if the table knows none of them."""
    words = _WORD.findall(job[:_LONGEST].lower())
    table, longest = _table()
    for at in range(len(words)):
        for count in range(min(longest, len(words) - at), 0, -1):
            if found := table.get(" ".join(words[at : at + count])):
                return found
    return None


def sector_of(job: str) -> Sector:
    """The sector of a worker in a list that does not say it."""
    found = suggest(job)
    return found.sector if found else Sector.OTHER


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, Suggestion], int]:
    """The suggestions by their words, and the number of words of the longest of them."""
    file = files(__package__) / "tables" / "sector_words.csv"
    table: dict[str, Suggestion] = {}
    for row in csv.DictReader(file.read_text("utf-8").splitlines()):
        for words in row["words"].split(";"):
            if words in table:
                raise ValueError(f"sector_words.csv has {words!r} twice")
            table[words] = Suggestion(
                sector=Sector(row["sector"]),
                words=words,
                reason=Reason(row["reason"]),
                sure=row["certainty"] == "sourced",
            )
    return table, max(len(words.split()) for words in table)
