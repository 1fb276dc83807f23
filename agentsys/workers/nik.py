"""The NIK: sixteen digits that encode a region, a birth date and a sex."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agentsys import clock
from agentsys.errors import Invalid

_CLEAN = re.compile(r"[0-9]{16}")
_LONGEST = 200
# Text that was copied from a chat or a web page often has invisible characters.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SEPARATORS = re.compile(r"[\s.\-_/'’‘`´\"]")
_FORMULA = re.compile(r'="(.*)"')
_LOOKALIKES = str.maketrans("OoQlLIi|", "00011111")
# What may be a NIK in another column's text; a digit is easily lost on the way. A letter that looks
# like one is none before other letters: those are a word.
_DIGIT = r"(?:\d|[OoQlLIi](?![^\W\d_OoQlLIi]))"
_RUN = re.compile(rf"{_DIGIT}(?:[\W_]{{0,3}}{_DIGIT}){{14,}}")
_BETWEEN = re.compile(r"[\W_]")
_AS_A_NUMBER = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{16}[.,]0+")
# Provinces by the Ministry of Home Affairs' codes, the four new ones of Papua included.
PROVINCES = frozenset(
    str(number)
    for first, last in (
        (11, 19),
        (21, 21),
        (31, 36),
        (51, 53),
        (61, 65),
        (71, 76),
        (81, 82),
        (91, 97),
    )
    for number in range(first, last + 1)
)

ADVICE_TEXT = "Format kolom NIK sebagai Teks, ketik ulang NIK ini dari KTP, lalu unggah lagi."


class NikProblem(StrEnum):
    """Why a text is not a NIK; the values are the codes in a roster's notes."""

    MISSING = "nik_missing"
    NUMBER = "nik_is_number"  # a spreadsheet kept 15 digits of it and made up the last
    LENGTH = "nik_length"
    LETTERS = "nik_letters"
    DATE = "nik_date"
    SERIAL = "nik_serial"


class NikRefused(Invalid):
    """The text is not a NIK."""

    text = "NIK belum benar. Periksa lagi pada KTP, lalu ketik ulang."

    def __init__(self, problem: NikProblem) -> None:
        """Keep the broken rule, never the number itself."""
        super().__init__(SAY[problem], problem=problem.value)
        self.problem = problem


SAY: dict[NikProblem, str] = {
    NikProblem.MISSING: "NIK belum diisi. Salin 16 angka NIK dari KTP.",
    NikProblem.NUMBER: "NIK tersimpan sebagai angka sehingga digitnya hilang. " + ADVICE_TEXT,
    NikProblem.LENGTH: "NIK harus 16 angka. Hitung lagi angkanya pada KTP, lalu ketik ulang.",
    NikProblem.LETTERS: "NIK hanya boleh berisi angka. Ketik ulang dari KTP.",
    NikProblem.DATE: "Tanggal lahir di dalam NIK tidak mungkin ada. Periksa angka ke-7 sampai"
    " ke-12 pada KTP.",
    NikProblem.SERIAL: "Empat angka terakhir NIK tidak mungkin 0000. Periksa lagi pada KTP.",
}


@dataclass(frozen=True, slots=True, repr=False)
class Nik:
    """A possible NIK and the data encoded in it; a valid format does not prove that it exists."""

    text: str
    birth_date: date
    sex: str  # L or P

    @property
    def region(self) -> str:
        """Province, regency and district where the NIK was first issued, as `64.74.01`."""
        return f"{self.text[:2]}.{self.text[2:4]}.{self.text[4:6]}"

    @property
    def masked(self) -> str:
        """The NIK as screens show it."""
        return mask(self.text)

    def __repr__(self) -> str:
        """The masked number, so that no log or traceback holds a whole one."""
        return f"Nik({self.masked})"


def normalise(text: str) -> str:
    """The text without separators and invisible signs, with O, l and I read as digits."""
    return _compact(text).translate(_LOOKALIKES) if len(text) <= _LONGEST else text


def _compact(text: str) -> str:
    """The text without separators and invisible signs; one that is too long stays as it is."""
    if len(text) > _LONGEST:
        return text  # not a NIK; normalising thousands of combining characters takes seconds
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if formula := _FORMULA.fullmatch(text.strip()):
        text = formula[1]
    return _SEPARATORS.sub("", text)


def parse(text: str, *, born: date | None = None, today: date | None = None) -> Nik:
    """The NIK in a typed text; NikRefused if it cannot be one.

    `born`, if known, decides the century of the NIK's two-digit year.
    """
    if not _CLEAN.fullmatch(text):
        text = _digits(text)
    today = today or clock.now().date()
    day, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    sex = "P" if day > 40 else "L"
    birth_date = _birth_date(day - 40 if day > 40 else day, month, year, born, today)
    if text[12:] == "0000":
        raise NikRefused(NikProblem.SERIAL)
    return Nik(text, birth_date, sex)


def mask(text: str) -> str:
    """The first and last four digits: `6474••••••••0001`."""
    return f"{text[:4]}••••••••{text[-4:]}" if len(text) == 16 else "•" * min(len(text), 16)


def mask_within(text: str) -> str:
    """The text with everything in it that may be a NIK masked."""
    return _RUN.sub(lambda run: mask(_BETWEEN.sub("", run[0])), text)


def _digits(text: str) -> str:
    raw = text.strip()
    if not raw:
        raise NikRefused(NikProblem.MISSING)
    if _AS_A_NUMBER.fullmatch(raw):
        raise NikRefused(NikProblem.NUMBER)
    typed = _compact(raw)
    cleaned = normalise(raw)
    if not cleaned:
        raise NikRefused(NikProblem.MISSING)
    if not (cleaned.isascii() and cleaned.isdigit()):
        raise NikRefused(NikProblem.LETTERS)
    if len(cleaned) != 16:
        raise NikRefused(NikProblem.LENGTH)
    if cleaned != typed and cleaned[:2] not in PROVINCES:
        # A letter was read as a digit, but no province has that number: it was another digit.
        raise NikRefused(NikProblem.LETTERS)
    return cleaned


def _birth_date(day: int, month: int, year: int, born: date | None, today: date) -> date:
    centuries = (2000, 1900)
    if born is not None and born.year % 100 == year and born.year // 100 in (19, 20):
        centuries = (born.year - year, 1900)
    for century in centuries:
        try:
            found = date(century + year, month, day)
        except ValueError:
            continue  # 29 February exists in one of the two centuries only
        if found <= today:
            return found
    raise NikRefused(NikProblem.DATE)
