"""Typical errors in rosters, and the expected result of importing each of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

Line = list[str | int | float]
NIK, NAME, KK, TTL, SEX, PHONE, REMARK = 1, 2, 3, 4, 5, 6, 14
_TITLES = {1: "NIK", 2: "NAMA LENGKAP", 3: "NO KK", 4: "TTL", 5: "JENIS KELAMIN", 6: "NO HP"}
_TITLES[REMARK] = "KETERANGAN"


@dataclass(frozen=True)
class Damage:
    """A deliberate error, and what reading makes of it.

    `expected` is taken, repaired, warned or rejected; `problem` is the note's code, if any.
    """

    row: int
    column: str
    kind: str
    expected: str
    problem: str
    truth: str  # the NIK that the row had before


@dataclass(frozen=True)
class _Kind:
    column: int
    expected: str
    problem: str
    spoil: Callable[[str, random.Random], str | int | float]


def _digits_at(start: int, digits: str) -> Callable[[str, random.Random], str]:
    return lambda nik, _: nik[:start] + digits + nik[start + len(digits) :]


def _spaced(nik: str, _: random.Random) -> str:
    return f"{nik[:4]} {nik[4:8]} {nik[8:12]} {nik[12:]}"


def _full_width(nik: str, _: random.Random) -> str:
    return "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in nik)


def _serial_number(_: str, rng: random.Random) -> str:
    return str(rng.randrange(23_000, 38_000))


def _born(nik: str) -> tuple[int, int, int]:
    day, month, year = int(nik[6:8]) % 40, int(nik[8:10]), int(nik[10:12])
    return day, month, year + (2000 if year < 20 else 1900)


def _other_year(nik: str, _: random.Random) -> str:
    day, month, year = _born(nik)
    return f"Selaras, {min(day, 28):02}-{month:02}-{year - 1}"


def _month_first(nik: str, _: random.Random) -> str:
    day, month, year = _born(nik)
    return f"{month:02}/{day:02}/{year}"


def _other_sex(nik: str, _: random.Random) -> str:
    return "L" if int(nik[6:8]) > 40 else "P"


def _written(form: str) -> Callable[[str, random.Random], str]:
    """A place and the NIK's date in another form, of day, month and year."""
    return lambda nik, _: "Selaras, " + form.format(*_born(nik))


def _of_1904(nik: str, _: random.Random) -> str:
    day, month, year = _born(nik)
    return f"Selaras, {date(year, month, day) - timedelta(days=1_462):%d-%m-%Y}"


# The text that `spoil` gets is the row's NIK, from which dates and sexes can be derived.
_FAULTS: dict[str, _Kind] = {
    "nik_as_number": _Kind(NIK, "rejected", "nik_is_number", lambda nik, _: float(nik[:15] + "0")),
    "nik_exponent": _Kind(
        NIK, "rejected", "nik_is_number", lambda nik, _: f"{nik[0]},{nik[1:6]}E+15"
    ),
    "nik_15_digits": _Kind(NIK, "rejected", "nik_length", lambda nik, _: nik[:15]),
    "nik_17_digits": _Kind(NIK, "rejected", "nik_length", lambda nik, _: nik + "1"),
    "nik_letters": _Kind(NIK, "rejected", "nik_letters", _digits_at(3, "X")),
    "nik_missing": _Kind(NIK, "rejected", "nik_missing", lambda _nik, _: ""),
    "nik_serial_0000": _Kind(NIK, "rejected", "nik_serial", _digits_at(12, "0000")),
    "nik_day_00": _Kind(NIK, "rejected", "nik_date", _digits_at(6, "00")),
    "nik_day_35": _Kind(NIK, "rejected", "nik_date", _digits_at(6, "35")),
    "nik_day_75": _Kind(NIK, "rejected", "nik_date", _digits_at(6, "75")),
    "nik_month_13": _Kind(NIK, "rejected", "nik_date", _digits_at(8, "13")),
    "nik_spaces": _Kind(NIK, "repaired", "nik_repaired", _spaced),
    "nik_dots": _Kind(
        NIK, "repaired", "nik_repaired", lambda nik, _: f"{nik[:6]}.{nik[6:12]}.{nik[12:]}"
    ),
    "nik_letter_o": _Kind(
        NIK, "repaired", "nik_repaired", lambda nik, _: nik[:12] + nik[12:].replace("0", "O", 1)
    ),
    "nik_letter_l": _Kind(
        NIK, "repaired", "nik_repaired", lambda nik, _: nik.replace("1", "l") + "'"
    ),
    "nik_apostrophe": _Kind(NIK, "repaired", "nik_repaired", lambda nik, _: nik + "'"),
    "nik_full_width": _Kind(NIK, "repaired", "nik_repaired", _full_width),
    "nik_invisible": _Kind(NIK, "repaired", "nik_repaired", lambda nik, _: "\u200b" + nik),
    "name_missing": _Kind(NAME, "rejected", "name_missing", lambda _nik, _: " "),
    "name_is_number": _Kind(NAME, "rejected", "name_unreadable", lambda _nik, _: "12345"),
    "name_formula": _Kind(NAME, "repaired", "name_repaired", lambda _nik, _: "=Siti Aminah"),
    "name_invisible": _Kind(NAME, "repaired", "name_repaired", lambda _nik, _: "Siti\u200bAminah"),
    "kk_as_number": _Kind(KK, "repaired", "kk_dropped", lambda nik, _: float(nik[:15] + "0")),
    "date_serial": _Kind(TTL, "repaired", "birth_date_serial", _serial_number),
    "date_month_first": _Kind(TTL, "repaired", "birth_date_swapped", _month_first),
    "date_missing": _Kind(TTL, "repaired", "birth_date_from_nik", lambda _nik, _: ""),
    "date_impossible": _Kind(
        TTL, "rejected", "birth_date_unreadable", lambda _nik, _: "Selaras, 31-02-1980"
    ),
    "date_differs": _Kind(TTL, "warned", "birth_date_differs", _other_year),
    "sex_differs": _Kind(SEX, "warned", "sex_differs", _other_sex),
    "sex_unreadable": _Kind(SEX, "repaired", "sex_from_nik", lambda _nik, _: "?"),
    "phone_lost_zero": _Kind(
        PHONE, "repaired", "phone_lost_zero", lambda _nik, rng: 81200000000 + rng.randrange(10**8)
    ),
    "phone_landline": _Kind(PHONE, "repaired", "phone_dropped", lambda _nik, _: "0548-21123"),
}
_COPIES = {
    "duplicate_same": ("repaired", "duplicate_same"),
    "duplicate_differs": ("rejected", "duplicate_differs"),
    "nik_is_kk": ("rejected", "nik_is_kk"),
}
KINDS: tuple[str, ...] = (*_FAULTS, *_COPIES)
# Further faults, for measuring how well lists are read; the demo's list stays as it is.
_FURTHER: dict[str, _Kind] = {
    "nik_zero": _Kind(NIK, "rejected", "nik_missing", lambda _nik, _: "0"),
    "nik_no_value": _Kind(NIK, "rejected", "nik_missing", lambda _nik, _: "tidak ada"),
    "nik_quoted": _Kind(NIK, "repaired", "nik_repaired", lambda nik, _: "'" + nik),
    "name_error": _Kind(NAME, "rejected", "name_missing", lambda _nik, _: "#N/A"),
    "dead": _Kind(REMARK, "rejected", "status_dead", lambda _nik, _: "Meninggal dunia"),
    "moved": _Kind(REMARK, "rejected", "status_moved", lambda _nik, _: "pindah"),
    "not_valid": _Kind(REMARK, "rejected", "status_invalid", lambda _nik, _: "Tidak Valid"),
    "date_with_age": _Kind(TTL, "repaired", "birth_date_matched", _written("{} {} {} (46 th)")),
    "date_with_weekday": _Kind(TTL, "taken", "", _written("Rabu, {}-{}-{}")),
    "date_with_commas": _Kind(TTL, "repaired", "birth_date_matched", _written("{},{},{}")),
    "date_with_time": _Kind(
        TTL, "repaired", "birth_date_matched", _written("{2}-{1}-{0} 00:00:01")
    ),
    "date_of_year": _Kind(TTL, "repaired", "birth_date_completed", _written("{2}")),
    "date_1904": _Kind(TTL, "repaired", "birth_date_1904", _of_1904),
    "date_of_another_year": _Kind(
        TTL, "rejected", "birth_date_unreadable", lambda _nik, _: "Selaras, tahun 1951"
    ),
    "phones_two": _Kind(
        PHONE, "repaired", "phone_first", lambda _nik, _: "0812-3456-7890 / 0813-1111-2222"
    ),
    "phone_no_value": _Kind(PHONE, "taken", "", lambda _nik, _: "belum ada"),
    "sex_as_code": _Kind(SEX, "taken", "", lambda nik, _: "2" if int(nik[6:8]) > 40 else "1"),
}
ALL_KINDS = (*KINDS, *_FURTHER)


def damaged(
    kind: str, line: Line, earlier: Line, rng: random.Random, *, row: int
) -> tuple[Damage, Line]:
    """The line with such an error, and its record; `earlier` is a line that it may repeat."""
    nik = str(line[NIK])
    if kind in _COPIES:
        expected, problem = _COPIES[kind]
        if kind == "nik_is_kk":
            spoiled = [*line[:NIK], line[KK], *line[NIK + 1 :]]
        else:
            spoiled, nik = [line[0], *earlier[1:]], str(earlier[NIK])
        if kind == "duplicate_differs":
            spoiled[NAME] = f"{earlier[NAME]} Kedua"
        return Damage(row, _TITLES[NIK], kind, expected, problem, nik), spoiled
    if kind == "date_month_first" and _born(nik)[0] == _born(nik)[1]:
        kind = "date_missing"  # 05/05 is the same date when day and month are swapped
    fault = (_FAULTS | _FURTHER)[kind]
    spoiled = list(line)
    spoiled[fault.column] = fault.spoil(nik, rng)
    return (
        Damage(row, _TITLES[fault.column], kind, fault.expected, fault.problem, nik),
        spoiled,
    )
