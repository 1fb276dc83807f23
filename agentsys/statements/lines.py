"""What a statement says: its lines, and the sums and balances that it declares itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from agentsys.bank_refs import ref_key
from agentsys.money import format_idr
from agentsys.sheets.refusals import FileRefused

LONGEST_TEXT, LONGEST_REFERENCE, LONGEST_RAW = 500, 80, 1000


class Line(NamedTuple):
    """One line as the file has it; without a day, it is announced and not booked."""

    place: int  # in the file, from 1
    booked_on: date | None
    mark: str  # instead of a day: PEND, NEXT
    sen: int  # hundredths of rupiah, negative if they left the account
    text: str
    reference: str
    fee_sen: int
    balance_sen: int | None
    raw: str
    tax_sen: int = 0  # on the fee

    @property
    def digest(self) -> bytes:
        """What makes two lines of a day equal: the sum, the text and the reference."""
        said = f"{self.sen}|{self.text.upper()}|{ref_key(self.reference)}"
        return hashlib.blake2b(said.encode(errors="replace"), digest_size=16).digest()


@dataclass
class Declared:
    """What the file says about itself; None for what it does not say."""

    number: str = ""  # digits of the account's number
    from_on: date | None = None
    until_on: date | None = None
    opening_sen: int | None = None
    closing_sen: int | None = None
    in_sen: int | None = None
    out_sen: int | None = None
    in_count: int | None = None
    out_count: int | None = None

    @property
    def has_sums(self) -> bool:
        """Whether it declares sums of its lines, or balances before and after."""
        both = self.opening_sen is not None and self.closing_sen is not None
        return both or self.in_sen is not None or self.out_sen is not None


@dataclass
class Summary:
    """What was found in a whole file that agrees with itself."""

    lines: int
    pending: int
    from_on: date | None
    until_on: date | None
    opening_sen: int | None
    closing_sen: int | None
    descending: bool  # the newest line comes first
    checked_by: str  # "footer", "balances", or nothing


@dataclass
class Totals:
    """Sums the lines of a file up while they are read, and compares them with what it declares."""

    lines: int = 0
    pending: int = 0
    in_sen: int = 0
    out_sen: int = 0
    in_count: int = 0
    out_count: int = 0
    first: Line | None = None
    last: Line | None = None
    earliest: date | None = None
    latest: date | None = None
    rises: bool = True  # each balance is the one before it plus the line
    falls: bool = True  # the same, with the newest line first
    broken_at: int = field(default=0)

    def add(self, line: Line) -> None:
        """Count one more line."""
        if line.booked_on is None:
            self.pending += 1
            return
        self.lines += 1
        if line.sen >= 0:
            self.in_sen, self.in_count = self.in_sen + line.sen, self.in_count + 1
        else:
            self.out_sen, self.out_count = self.out_sen - line.sen, self.out_count + 1
        if self.earliest is None or line.booked_on < self.earliest:
            self.earliest = line.booked_on
        if self.latest is None or line.booked_on > self.latest:
            self.latest = line.booked_on
        self._follow(line)
        self.first, self.last = self.first or line, line

    def finish(self, said: Declared, *, today: date) -> Summary:
        """The summary; FileRefused if the file disagrees with itself.

        A period that ends today or later covers no more than the lines that it has.
        """
        self._compare_sums(said)
        self._compare_days(said)
        opening, closing, by = said.opening_sen, said.closing_sen, ""
        if said.has_sums:
            by = "footer"
        chained = self._chained()
        if chained is not None:
            if opening is None and closing is None:
                opening, closing, by = (*chained, by or "balances")
            elif opening is not None and closing is None:
                closing = opening + self.in_sen - self.out_sen
        elif not by and self._has_balances():
            raise FileRefused(
                "Saldo di baris {row} tidak sama dengan saldo sebelumnya ditambah mutasinya."
                " Mungkin ada baris yang terhapus. Unduh lagi dari bank.",
                row=self.broken_at,
            )
        return Summary(
            lines=self.lines,
            pending=self.pending,
            from_on=said.from_on or self.earliest,
            until_on=said.until_on if said.until_on and said.until_on < today else self.latest,
            opening_sen=opening,
            closing_sen=closing,
            descending=self._descends(),
            checked_by=by,
        )

    def _follow(self, line: Line) -> None:
        before = self.last
        if before is None:
            return
        if line.balance_sen is None or before.balance_sen is None:
            self.rises = self.falls = False
            return
        if before.balance_sen + line.sen != line.balance_sen:
            if self.rises:
                self.broken_at = self.broken_at or line.place
            self.rises = False
        if line.balance_sen + before.sen != before.balance_sen:
            self.falls = False

    def _has_balances(self) -> bool:
        return self.last is not None and self.last.balance_sen is not None

    def _chained(self) -> tuple[int, int] | None:
        """The balances before and after, from those of the lines; None without a whole chain."""
        if self.first is None or self.last is None or not (self.rises or self.falls):
            return None
        oldest, newest = (self.last, self.first) if self._descends() else (self.first, self.last)
        if oldest.balance_sen is None or newest.balance_sen is None:
            return None
        return oldest.balance_sen - oldest.sen, newest.balance_sen

    def _descends(self) -> bool:
        if self.first is None or self.last is None:
            return False
        if self.rises != self.falls:
            return self.falls
        assert self.first.booked_on is not None
        assert self.last.booked_on is not None
        return self.first.booked_on > self.last.booked_on

    def _compare_sums(self, said: Declared) -> None:
        pairs = (
            ("Jumlah uang masuk", said.in_sen, self.in_sen),
            ("Jumlah uang keluar", said.out_sen, self.out_sen),
        )
        for what, declared, found in pairs:
            if declared is not None and abs(declared) != found:
                raise FileRefused(
                    "{what} di kaki berkas {declared}, tetapi baris-barisnya berjumlah {found}."
                    " Ada baris yang hilang atau berubah. Unduh lagi dari bank.",
                    what=what,
                    declared=said_sen(abs(declared)),
                    found=said_sen(found),
                )
        counts = ((said.in_count, self.in_count), (said.out_count, self.out_count))
        for declared, count in counts:
            if declared is not None and declared != count:
                raise FileRefused(
                    "Kaki berkas menyebut {declared} baris, tetapi isinya {found} baris."
                    " Ada baris yang hilang atau berlebih. Unduh lagi dari bank.",
                    declared=declared,
                    found=count,
                )
        if said.opening_sen is None or said.closing_sen is None:
            return
        reached = said.opening_sen + self.in_sen - self.out_sen
        if reached != said.closing_sen:
            raise FileRefused(
                "Saldo awal ditambah baris-barisnya menjadi {reached}, tetapi saldo akhir di berkas"
                " {declared}. Unduh lagi dari bank.",
                reached=said_sen(reached),
                declared=said_sen(said.closing_sen),
            )

    def _compare_days(self, said: Declared) -> None:
        if self.earliest is None or self.latest is None:
            return
        too_early = said.from_on is not None and self.earliest < said.from_on
        too_late = said.until_on is not None and self.latest > said.until_on
        if too_early or too_late:
            raise FileRefused(
                "Ada baris di luar periode yang tertulis di kepala berkas. Unduh lagi dari bank."
            )


def said_sen(sen: int) -> str:
    """Rupiah as people read them, with the hundredths if there are any."""
    sign, (whole, rest) = ("−" if sen < 0 else ""), divmod(abs(sen), 100)
    return f"{sign}{format_idr(whole)}" + (f",{rest:02d}" if rest else "")
