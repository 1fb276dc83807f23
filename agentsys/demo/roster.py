"""A roster as an office would send it: invented people, with deliberate errors."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields, replace
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from agentsys.demo.roster_damage import KINDS, Damage, Line, damaged
from agentsys.demo.roster_words import (
    CITY,
    FAMILY_NAMES,
    FIRST_NAMES,
    KELURAHAN,
    STREETS,
    TRADES,
)
from agentsys.rosters.columns import USUAL

FIRST_ROW = 7  # title lines, a blank one, the header, the numbers of the columns
_TITLES = (
    f"PEMERINTAH {CITY.upper()}",
    "DAFTAR PEKERJA RENTAN PENERIMA BANTUAN IURAN JKK DAN JKM",
    "Nama dan NIK di daftar ini karangan untuk latihan, bukan data penduduk.",
)
_OLDEST, _YOUNGEST = date(1970, 1, 1), date(2006, 12, 31)


def write_roster(
    path: Path,
    *,
    rows: int = 34_782,
    seed: int = 1,
    damage_share: float = 0.03,
    kinds: Sequence[str] = KINDS,
    page_rows: int = 0,
) -> list[Damage]:
    """Write a roster (.xlsx or .csv by its suffix), and a second file that lists its errors.

    The same arguments give the same people and errors. After each `page_rows` people stand a total,
    a signature and the titles again; 0 stands for one page.
    """
    rng = random.Random(seed)  # noqa: S311  # a seed that repeats is the purpose
    lines = list(_people(rng, rows))
    damages = _damage(rng, lines, round(rows * damage_share), kinds)
    if page_rows:
        lines = list(_with_pages(lines, page_rows))
        damages = [replace(one, row=_on_page(one.row, page_rows)) for one in damages]
    write = _write_csv if path.suffix.lower() == ".csv" else _write_xlsx
    write(path, lines)
    with path.with_name(path.name + ".damages.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(field.name for field in fields(Damage))
        out.writerows(astuple(damage) for damage in damages)
    return damages


def _people(rng: random.Random, count: int) -> Iterator[Line]:
    serials: dict[str, int] = {}
    days = (_YOUNGEST - _OLDEST).days
    for number in range(1, count + 1):
        sex = rng.choice("LP")
        born = _OLDEST + timedelta(days=rng.randrange(days))
        kelurahan, kecamatan, district = rng.choice(KELURAHAN)
        day = born.day + (40 if sex == "P" else 0)
        stem = f"{district}{day:02}{born:%m%y}"
        serials[stem] = serials.get(stem, 0) + 1
        trade, business = rng.choice(TRADES)
        first = rng.choice(FIRST_NAMES[sex])
        family = rng.choice(FAMILY_NAMES)
        street = f"{rng.choice(STREETS)} No. {rng.randrange(1, 200)} RT {rng.randrange(1, 40):03}"
        yield [
            number,
            f"{stem}{serials[stem]:04}",
            rng.choice((f"{first} {family}", f"{first} {family}".upper(), first)),
            f"{district}{rng.randrange(1, 29):02}{rng.randrange(1, 13):02}"
            f"{rng.randrange(8, 24):02}{number % 9999 + 1:04}",
            f"{CITY.split()[-1]}, {_spelled(rng, born)}",
            rng.choice({"L": ("L", "L", "Laki-laki"), "P": ("P", "P", "Perempuan")}[sex]),
            _phone(rng),
            f"{business} {family}",
            trade,
            street,
            kelurahan,
            kecamatan,
            "belum_dicek",
            "",
            "",
        ]


def _spelled(rng: random.Random, born: date) -> str:
    months = (
        "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
    )
    return rng.choice(
        (
            f"{born:%d-%m-%Y}",
            f"{born:%d-%m-%Y}",
            f"{born:%d/%m/%Y}",
            f"{born.day} {months.split()[born.month - 1]} {born.year}",
            born.isoformat(),
        )
    )


def _phone(rng: random.Random) -> str:
    number = f"8{rng.choice(('12', '13', '21', '52', '53', '57', '78', '95'))}"
    number += f"{rng.randrange(10**8):08}"
    return rng.choice(
        (
            f"0{number}",
            f"0{number}",
            f"+62{number}",
            f"0{number[:3]}-{number[3:7]}-{number[7:]}",
            "",
        )
    )


def _with_pages(lines: list[Line], page_rows: int) -> Iterator[Line]:
    for first in range(0, len(lines), page_rows):
        page = lines[first : first + page_rows]
        yield from page
        yield from (_padded(line) for line in _page_end(len(page)))


def _page_end(count: int) -> list[Line]:
    return [
        ["JUMLAH", "", f"{count} orang"],
        ["", "", "", "", f"{CITY.split()[-1]}, 12 November 2026"],
        ["", "Mengetahui,", "Lurah"],
        ["", "", "DARSO KARANGAN"],
        ["", "NIP. 197001011990031001"],
        list(USUAL),
    ]


def _padded(line: Line) -> Line:
    return [*line, *[""] * (len(USUAL) - len(line))]


def _on_page(row: int, page_rows: int) -> int:
    """The number of a row, after the ends of the pages before it."""
    return row + (row - FIRST_ROW) // page_rows * len(_page_end(0))


def _damage(
    rng: random.Random, lines: list[Line], count: int, kinds: Sequence[str]
) -> list[Damage]:
    damages = []
    # The first tenth has no errors, so that a repeated row always finds a row to repeat.
    places = rng.sample(range(len(lines) // 10, len(lines)), count)
    whole = sorted(set(range(len(lines))) - set(places))
    for turn, place in enumerate(sorted(places)):
        earlier = lines[rng.choice(whole[: max(1, len(lines) // 10)])]
        damage, lines[place] = damaged(
            kinds[turn % len(kinds)], lines[place], earlier, rng, row=place + FIRST_ROW
        )
        damages.append(damage)
    return damages


def _write_csv(path: Path, lines: list[Line]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file, delimiter=";")
        out.writerows([title] for title in _TITLES)
        out.writerow([])
        out.writerow(USUAL)
        out.writerow(range(1, len(USUAL) + 1))
        for line in lines:
            # A spreadsheet writes such a number into a CSV the way it shows it.
            out.writerow(f"{cell:.5E}" if isinstance(cell, float) else cell for cell in line)


def _write_xlsx(path: Path, lines: list[Line]) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("DAFTAR")
        heading = book.add_format({"bold": True, "align": "center"})
        for number, title in enumerate(_TITLES):
            sheet.merge_range(number, 0, number, len(USUAL) - 1, title, heading)
        sheet.write_row(len(_TITLES) + 1, 0, USUAL, heading)
        sheet.write_row(len(_TITLES) + 2, 0, range(1, len(USUAL) + 1), heading)
        for number, line in enumerate(lines, start=FIRST_ROW - 1):
            for at, cell in enumerate(line):
                if isinstance(cell, str):
                    sheet.write_string(number, at, cell)
                else:
                    sheet.write_number(number, at, cell)
