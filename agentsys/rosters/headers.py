"""The lines of a sheet that may be its titles, and the titles above each column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentsys.rosters import titles
from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell

SEARCHED_ROWS = 20
_MOST_BELOW = 2  # further lines of titles below the first
_LONGEST_TITLE = 300
_MANY_DIGITS = re.compile(r"[0-9]{5}|[0-9][-/.][0-9]{1,2}[-/.][0-9]")
_BRACKETED = re.compile(r"\([^()]*\)")
_KEY = re.compile(r"^:|:$")

# The first and last row and column of merged cells, from 0.
Merged = Sequence[tuple[int, int, int, int]]


@dataclass(frozen=True)
class Block:
    """One to four lines of titles; a path is the titles of a column from top to bottom."""

    row: int  # number of the last line, from 1
    paths: dict[int, tuple[str, ...]]


def blocks(rows: Sequence[Sequence[Cell]], merged: Merged) -> Iterator[Block]:
    """What may be the titles, from top to bottom."""
    lines = [_texts(row) for row in rows[: SEARCHED_ROWS + _MOST_BELOW]]
    for first in range(min(len(lines), SEARCHED_ROWS)):
        if len(_filled(lines[first])) < 2 or not _is_titles(lines[first]):
            continue
        last = first
        while last - first < _MOST_BELOW and last + 1 < len(lines):
            if not _continues(lines, first, last, merged):
                break
            last += 1
        if not _says_anything(lines[first : last + 1]):
            continue
        top = first - 1 if first and _stands_over(lines[first - 1], lines[first]) else first
        yield Block(last + 1, _paths(lines, top, last, merged))


def is_titles(texts: Sequence[str]) -> bool:
    """Whether a line repeats titles: at least two of them, and no value."""
    meant = [text for text in texts if text and titles.meaning((text,))]
    return len(meant) >= 2 and _is_titles(texts) and 2 * len(meant) > len(_filled(texts))


def is_numbers(texts: Sequence[str]) -> bool:
    """Whether the line only numbers the columns: 1, 2, 3 or (1), (2), (3) or KOLOM 1 2 3."""
    filled = [text.strip("()-. ") for text in texts if text]
    if filled and filled[0].upper() in ("KOLOM", "NO", "NOMOR"):
        filled = filled[1:]
    numbers = [str(number + 1) for number in range(len(filled))]
    return len(filled) >= 3 and filled == numbers


def _texts(row: Sequence[Cell]) -> list[str]:
    return [text_in(cell)[:_LONGEST_TITLE] for cell in row]


def _filled(texts: Sequence[str]) -> list[int]:
    return [at for at, text in enumerate(texts) if text]


def _is_titles(texts: Sequence[str]) -> bool:
    # What stands in brackets explains a title, and may be an example of a NIK.
    plain = (_BRACKETED.sub("", text) for text in texts)
    return not any(map(_MANY_DIGITS.search, plain)) and not is_numbers(texts)


def _says_anything(lines: Sequence[Sequence[str]]) -> bool:
    return any(titles.meaning((text,)) for line in lines for text in line if text)


def _continues(lines: Sequence[Sequence[str]], first: int, last: int, merged: Merged) -> bool:
    """Whether the line after the last one belongs to the same titles."""
    below = lines[last + 1]
    if not _filled(below) or any(sign.isdigit() for text in below for sign in text):
        return False
    paths = _paths(lines, first, last + 1, merged)
    marks = {titles.is_mark_of_sex(text) for text in below if text}
    known = 0
    for at in _filled(below):
        mark = titles.is_mark_of_sex(below[at])
        if mark and not {"sex_l", "sex_p"} <= marks:
            return False
        if mark or titles.meaning((below[at],)) or _is_part(paths.get(at, ())):
            known += 1
    return known > 0


def _is_part(path: Sequence[str]) -> bool:
    found = titles.meaning(path) if len(path) > 1 else None
    return found is not None and titles.meaning(path[:-1]) != found


def _stands_over(above: Sequence[str], line: Sequence[str]) -> bool:
    """Whether a line has titles of groups: over columns that the line below tells apart."""
    filled = _filled(above)
    if not filled or not _is_titles(above) or any(_KEY.search(above[at]) for at in filled):
        return False
    if any(titles.is_group(above[at]) for at in filled) and (len(filled) > 1 or filled[0] > 0):
        return True
    return len(filled) > 1 and any(at >= len(line) or not line[at] for at in filled)


def _paths(
    lines: Sequence[Sequence[str]], first: int, last: int, merged: Merged
) -> dict[int, tuple[str, ...]]:
    width = max(len(lines[number]) for number in range(first, last + 1))
    spread = [
        _spread(lines, number, last, width, merged) if number < last else list(lines[number])
        for number in range(first, last + 1)
    ]
    paths = {}
    for at in range(width):
        path = tuple(dict.fromkeys(line[at] for line in spread if at < len(line) and line[at]))
        if path:
            paths[at] = path
    return paths


def _spread(
    lines: Sequence[Sequence[str]], number: int, last: int, width: int, merged: Merged
) -> list[str]:
    """The line with each title over all columns that it stands above."""
    ends = {left: right for top, bottom, left, right in merged if top <= number <= bottom}
    line = [*lines[number], *[""] * (width - len(lines[number]))]
    over, until = "", -1
    for at in range(width):
        if line[at]:
            over, until = line[at], ends.get(at, width)
        elif at > until:
            over = ""
        elif any(at < len(lines[low]) and lines[low][at] for low in range(number + 1, last + 1)):
            line[at] = over
        else:
            over = ""
    return line
