"""The rules about who somebody is: name, birth date, sex and NIK, for the form and for lists alike.

Both ask here, so that the same data get the same answer.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from agentsys.errors import Invalid
from agentsys.workers.nik import PROVINCES, Nik

NAME_LENGTH = 120
SEXES = ("L", "P")
_FIRST_YEAR = 1900  # in an earlier birth year a digit is missing or mistyped
# What spreadsheets and people write where there is nothing; nobody is called so.
NO_VALUE = frozenset(
    {"", "-", "--", "0", "N/A", "#N/A", "#REF!", "#VALUE!", "#NAME?", "NULL", "TIDAK ADA"}
)
_LONGEST_NO_VALUE = max(map(len, NO_VALUE))
_LETTER = re.compile(r"[^\W\d_]")


class Wrong(StrEnum):
    """What cannot be so about a person; the values are the codes in a roster's notes."""

    NAME_MISSING = "name_missing"
    NAME_UNREADABLE = "name_unreadable"
    NAME_LONG = "name_long"
    BIRTH_DATE = "birth_date_impossible"
    SEX = "sex_unknown"
    NIK_IS_KK = "nik_is_kk"

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do."""
        return SAY[self]

    @property
    def about(self) -> str:
        """The field that has to be corrected."""
        return _ABOUT[self]


SAY = {
    Wrong.NAME_MISSING: "Nama belum diisi. Tulis nama sesuai KTP.",
    Wrong.NAME_UNREADABLE: "Nama tidak berisi huruf. Tulis nama sesuai KTP.",
    Wrong.NAME_LONG: "Nama terlalu panjang. Tulis paling banyak 120 huruf.",
    Wrong.BIRTH_DATE: "Tanggal lahir tidak masuk akal. Salin lagi dari KTP.",
    Wrong.SEX: "Jenis kelamin harus L atau P.",
    Wrong.NIK_IS_KK: "Nomor KK dan NIK sama. Salin NIK orangnya dari KTP.",
}
_ABOUT = {
    Wrong.NAME_MISSING: "name",
    Wrong.NAME_UNREADABLE: "name",
    Wrong.NAME_LONG: "name",
    Wrong.BIRTH_DATE: "birth_date",
    Wrong.SEX: "sex",
    Wrong.NIK_IS_KK: "nik",
}


class Difference(StrEnum):
    """A difference between KTP and NIK; possible after a correction, so only a warning."""

    BIRTH_DATE = "birth_date_differs"
    SEX = "sex_differs"
    REGION = "nik_region_unknown"

    @property
    def sentence(self) -> str:
        """The message that says what to compare."""
        return _LOOK_AGAIN[self]


_LOOK_AGAIN = {
    Difference.BIRTH_DATE: "Tanggal lahir berbeda dengan yang di dalam NIK. Cocokkan dengan KTP.",
    Difference.SEX: "Jenis kelamin berbeda dengan yang di dalam NIK. Cocokkan dengan KTP.",
    Difference.REGION: "Kode wilayah NIK tidak dikenal. Cocokkan dua angka pertamanya dengan KTP.",
}


def name_problem(name: str) -> Wrong | None:
    """What is wrong with a tidy name."""
    if len(name) <= _LONGEST_NO_VALUE and name.upper() in NO_VALUE:
        return Wrong.NAME_MISSING
    if not _LETTER.search(name):
        return Wrong.NAME_UNREADABLE
    return Wrong.NAME_LONG if len(name) > NAME_LENGTH else None


def birth_date_problem(born: date, today: date) -> Wrong | None:
    """What is wrong with a birth date."""
    return None if born.year >= _FIRST_YEAR and born <= today else Wrong.BIRTH_DATE


def nik_problem(nik: Nik, kk: str) -> Wrong | None:
    """What is wrong with a NIK beside the number of the family card."""
    return Wrong.NIK_IS_KK if kk and kk == nik.text else None


def differences(nik: Nik, *, birth_date: date | None = None, sex: str = "") -> list[Difference]:
    """The differences between NIK and KTP that a person should check."""
    found = []
    if birth_date is not None and birth_date != nik.birth_date:
        found.append(Difference.BIRTH_DATE)
    if sex and sex != nik.sex:
        found.append(Difference.SEX)
    if not has_known_region(nik):
        found.append(Difference.REGION)
    return found


def has_known_region(nik: Nik) -> bool:
    """Whether there is a province with the NIK's first two digits."""
    return nik.text[:2] in PROVINCES


def check(nik: Nik, *, name: str, birth_date: date, sex: str, kk: str, today: date) -> None:
    """Refuse what cannot be; Invalid names the field in its `about`."""
    problem = (
        name_problem(name)
        or birth_date_problem(birth_date, today)
        or (None if sex in SEXES else Wrong.SEX)
        or nik_problem(nik, kk)
    )
    if problem is not None:
        raise Invalid(problem.sentence, about=problem.about)
