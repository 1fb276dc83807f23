"""The NIKs of a list that were read already."""

from __future__ import annotations

from dataclasses import dataclass, field

# What is kept of each NIK is one number: of its content, its sheet and its row.
_ROW_BITS, _PLACE_BITS = 21, 41
_PLACE, _CONTENT = (1 << _PLACE_BITS) - 1, (1 << 61) - 1

Place = tuple[str, int]  # a sheet and a row


@dataclass
class Seen:
    """The NIKs so far, each as a number with its content and place, small for a million rows."""

    people: dict[int, int] = field(default_factory=dict)
    sheets: list[str] = field(default_factory=list)
    end_in_zero: int = 0

    def first(self, nik: str, content: int, place: Place) -> tuple[bool, Place] | None:
        """None for a new NIK, which is kept; else whether the content is the same, and where."""
        sheet, row = place
        if not self.sheets or self.sheets[-1] != sheet:
            self.sheets.append(sheet)
        told = (content & _CONTENT) << _PLACE_BITS | (len(self.sheets) - 1) << _ROW_BITS | row
        known = self.people.setdefault(int(nik), told)
        if known == told:
            self.end_in_zero += nik[15] == "0"
            return None
        number, known_row = divmod(known & _PLACE, 1 << _ROW_BITS)
        is_same = known >> _PLACE_BITS == content & _CONTENT
        return is_same, (self.sheets[number], known_row)
