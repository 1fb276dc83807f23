"""Which lines of a sheet are people, and which are nobody: titles, totals, signatures, notes.

A line with a NIK of 16 digits is a person and never comes here. Of the others this decides what
they are, so that a person whose NIK is missing is refused with a reason, and a signature is not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from enum import Enum, auto

from agentsys.rosters import headers, titles
from agentsys.rosters.layout import Layout
from agentsys.rosters.nothing import NOTHING
from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell


class Line(Enum):
    """What a line is."""

    PERSON = auto()
    NOBODY = auto()  # something is written there, but not about a person
    BLANK = auto()


_FAMILY = re.compile(
    r"\b(?:no(?:mor)?[ .]*)?(?:kk|kartu keluarga)\b[ .:]*([0-9](?:[ .-]?[0-9]){15})(?![0-9])", re.I
)
_TOTAL = re.compile(r"(sub ?-?total|grand total|total|jumlah|jml|rekap(itulasi)?)\b", re.I)
_NOTE = re.compile(
    r"(#{2,}|catatan|ket(erangan)? ?:|nb ?:|sumber ?:|halaman \d|hal\.? \d|\*)", re.I
)
_MONTHS = "jan|feb|peb|mar|apr|mei|may|jun|jul|agu|aug|sep|okt|oct|nov|nop|des|dec"
_DATED = re.compile(rf"[^0-9]{{3,40}}[0-9]{{0,2}}[ .]*({_MONTHS})[a-z]* *20[0-9]{{2}}", re.I)
_SIGNED = re.compile(
    r"(mengetahui|menyetujui|mengesahkan|disahkan|dibuat oleh|diperiksa oleh|yang membuat"
    r"|hormat kami|ttd|tanda tangan|nip\b|a\.?n\.? |an\. |pj\.? |plt\.? "
    r"|(pj |plt )?(lurah|camat|bupati|wali ?kota|kepala (desa|dinas|seksi|bidang|dusun|kelurahan)"
    r"|sekretaris|bendahara|ketua|kasi|kades|sekdes|koordinator|petugas)\b)",
    re.I,
)
_OFFICIAL = re.compile(r"\(?nip\b", re.IGNORECASE)
_ENUMERATOR = re.compile(r"[A-Z]\.?|[IVX]{1,5}\.")
_EXAMPLE = re.compile(r"\(?contoh\b", re.I)
_MASKED_NIK = re.compile(r"[0-9]*[xX*•]{4,}[0-9xX*•]*")
_CARD = re.compile(r"[0-9]{16}")
_EXAMPLES = 3  # rows below the titles in which an example may stand
_FEW = 3  # cells of a signature
_SURE = 10  # digits that make a cell a NIK, right or wrong


class Lines:
    """Tells what the lines of one sheet are; it remembers the family whose number stands above."""

    def __init__(self, layout: Layout) -> None:
        """For a sheet with this layout."""
        self.family = ""  # number of the family card in a line above
        self._nik, self._name = layout.positions["nik"], layout.positions["name"]
        self._has_kk = "kk" in layout.positions
        self._width = len(layout.columns)
        # A later line with NIK and name is a person for sure, and no example.
        self._first_rows = self.sure_after = layout.row + _EXAMPLES
        self._card_at: int | None = None  # column of family cards in a block of titles
        self._closing = -1  # after how many people the end of a page began

    def look_above(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Look at the lines above the first row: a family's number may stand there."""
        for row in rows:
            self.kind(list(map(text_in, row)), 0)
        self._closing = -1

    def kind(self, texts: Sequence[str], people: int) -> Line:
        """What a line without a proper NIK is; `people` counts those before it."""
        texts = ["" if text in NOTHING else text for text in texts]
        filled = [text for text in texts if text]
        if not filled:
            return Line.BLANK
        repeats = self._is_of_a_family(texts, filled) or self._repeats_titles(texts)
        if repeats or headers.is_numbers(texts):
            return Line.NOBODY
        nik, name = self._at(texts, self._nik), self._at(texts, self._name)
        digits = 0 if _OFFICIAL.match(nik) else sum(map(str.isdigit, nik))
        if digits < _SURE and _ends_a_page(filled, nik, name):
            self._closing = people
            return Line.NOBODY
        is_example = _EXAMPLE.match(name) or _EXAMPLE.match(filled[0])
        if is_example or _MASKED_NIK.fullmatch(nik):
            return Line.NOBODY
        loose = digits < _SURE and self._is_loose(filled, nik, name, people)
        return Line.NOBODY if loose else Line.PERSON

    def _at(self, texts: Sequence[str], at: int) -> str:
        return texts[at] if at < len(texts) else ""

    def _is_of_a_family(self, texts: Sequence[str], filled: Sequence[str]) -> bool:
        """Whether the line has the number of the family card of the lines below."""
        found = _FAMILY.search(" ".join(filled))
        if found:
            self._take_card(found[1])
            return True
        if self._card_at is None:
            return False
        number = self._at(texts, self._card_at)
        self._await_card(None)
        if not _CARD.fullmatch(number):
            return False
        self._take_card(number)
        return True

    def _await_card(self, at: int | None) -> None:
        """Expect the number of a family card in this column of the next line, or none."""
        self._card_at = at
        self.sure_after = self._first_rows if at is None else sys.maxsize

    def _take_card(self, number: str) -> None:
        if not self._has_kk:
            self.family = re.sub(r"[^0-9]", "", number)

    def _repeats_titles(self, texts: Sequence[str]) -> bool:
        meant = {at: titles.meaning((text,)) for at, text in enumerate(texts) if text}
        cards = [at for at, found in meant.items() if found and found.field == "kk"]
        nik = meant.get(self._nik)
        # A block of one family has titles of its own, such as NO.KK, NAMA.KK and ALAMAT.
        is_block = bool(cards) and not any(sign.isdigit() for text in texts for sign in text)
        if not (is_block or headers.is_titles(texts) or (nik and nik.field == "nik")):
            return False
        self._await_card(cards[0] if cards and not self._has_kk else None)
        return True

    def _is_loose(self, filled: Sequence[str], nik: str, name: str, people: int) -> bool:
        """Whether a few words are part of a signature, or a heading between the rows."""
        if filled[0].rstrip(".").isdigit() and len(filled) > 1:
            return False
        if self._closing == people and len(filled) <= _FEW:
            return True
        has_digits = any(sign.isdigit() for sign in nik)
        if len(filled) == 2 and not has_digits and _ENUMERATOR.fullmatch(filled[0]):
            return True  # a heading such as "A. Kelompok Mawar"
        return len(filled) == 1 and self._width > _FEW and not has_digits and bool(nik or name)


def _ends_a_page(filled: Sequence[str], nik: str, name: str) -> bool:
    """Whether a total, a note or a signature begins here."""
    if _TOTAL.match(filled[0]) or _NOTE.match(filled[0]):
        return True
    numbered = filled[0].rstrip(".").isdigit() and len(filled) > 1
    if numbered or len(filled) > _FEW + 1:
        return False
    # A person may have any of these words as a job or an address.
    telling = (filled[0], nik, name) if nik or name else filled
    return any(_SIGNED.match(text) or _DATED.fullmatch(text) for text in telling)
