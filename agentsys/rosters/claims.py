"""Which column is which field, where several claim to be it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from agentsys.rosters import titles
from agentsys.rosters.headers import Block
from agentsys.workers.nik import NikRefused, normalise, parse
from agentsys.workers.phone import normalise_phone

# Fields of which there must be only one column: they say who somebody is.
IDENTITY = ("nik", "name", "kk", "birth_date")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LIKE_A_NUMBER = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
# Left out if the column holds something else, as a list of papers that are there.
_NEEDLESS = ("kk", "kpj")
_ENOUGH = 3  # values that must be there before a column without a title is taken for the NIK


@dataclass
class Claims:
    """The column of each field."""

    positions: dict[str, int] = field(default_factory=dict)
    clash: tuple[int, ...] = ()  # columns that claim one field and hold different values
    clash_field: str = ""
    doubles: tuple[int, ...] = ()  # left out, because another column came first


@dataclass(frozen=True)
class _Claim:
    at: int
    rank: int
    misfit: bool
    empty: bool

    @property
    def order(self) -> tuple[bool, bool, int, int]:
        return (self.misfit, self.empty, self.rank, self.at)


def choose(block: Block, values: Callable[[int], list[str]], skipped: Collection[int]) -> Claims:
    """The column of each field by its titles, and by the values where several claim it."""
    meant: dict[str, list[tuple[int, int]]] = {}
    for at, path in block.paths.items():
        found = titles.meaning(path)
        if found and at not in skipped:
            meant.setdefault(found.field, []).append((at, found.rank))
    _complete(block, meant)
    result = Claims()
    for name, columns in meant.items():
        claims = sorted(
            (_claim(name, at, rank, values(at)) for at, rank in columns), key=lambda one: one.order
        )
        best, *others = claims
        if name == "nik" and best.misfit and not best.empty:
            best = _by_values(block, values, skipped) or best
        if best.misfit and name in _NEEDLESS and not any(map(_has_a_number, values(best.at))):
            continue
        result.positions[name] = best.at
        rivals = [one for one in others if _rivals(best, one, values)]
        if rivals and name in IDENTITY and not result.clash:
            result.clash, result.clash_field = (best.at, *(one.at for one in rivals)), name
        elif rivals and name not in titles.HEIRS:
            result.doubles += tuple(one.at for one in rivals)
    if "nik" not in meant and (by_values := _by_values(block, values, skipped)):
        result.positions["nik"] = by_values.at
    _drop_what_is_said_better(result.positions)
    return result


def with_birth_apart(block: Block, values: Callable[[int], list[str]]) -> Block:
    """The block with a title for the date where TTL stands over two columns, place and date."""
    paths = dict(block.paths)
    for at, path in block.paths.items():
        found = titles.meaning(path)
        if found is None or found.field != "ttl" or at + 1 in paths:
            continue
        places, dates = (list(filter(None, values(one))) for one in (at, at + 1))
        if places and dates and not any(map(_has_digits, places)) and all(map(_has_digits, dates)):
            paths[at], paths[at + 1] = (*path, "TEMPAT LAHIR"), (*path, "TANGGAL LAHIR")
    return Block(block.row, paths)


def _complete(block: Block, meant: dict[str, list[tuple[int, int]]]) -> None:
    """Titles that mean something only beside others: TGL beside a place, L beside P."""
    alone = {titles.compact(path[-1]): at for at, path in sorted(block.paths.items(), reverse=True)}
    day, month, year = (alone.get(word) for word in ("TANGGAL", "BULAN", "TAHUN"))
    if day is not None and not any(name in meant for name in titles.BIRTH_PARTS):
        if month is not None and year == day + 2:
            for name, at in zip(titles.BIRTH_PARTS, (day, month, year), strict=True):
                meant[name] = [(at, 0)]
        elif "birth_place" in meant and not {"ttl", "birth_date"} & set(meant):
            meant["birth_date"] = [(day, 0)]
    left, right = alone.get("L"), alone.get("P")
    if "sex_l" not in meant and left is not None and right == left + 1:
        meant["sex_l"], meant["sex_p"] = [(left, 0)], [(right, 0)]
    if "birth_day" in meant and not {"birth_month", "birth_year"} <= set(meant):
        meant.setdefault("birth_date", meant["birth_day"])
    _drop_half(meant)


def _drop_half(meant: dict[str, list[tuple[int, int]]]) -> None:
    for parts in (titles.BIRTH_PARTS, titles.SEX_MARKS):
        if not set(parts) <= set(meant):
            for name in parts:
                meant.pop(name, None)


def _drop_what_is_said_better(positions: dict[str, int]) -> None:
    # The titles below a merged one (TEMPAT, TANGGAL below TTL) are more exact.
    if "birth_year" in positions:
        for name in ("ttl", "birth_date"):
            positions.pop(name, None)
    if "sex_l" in positions:
        positions.pop("sex", None)
    if "status_code" in positions:
        positions.pop("status", None)


def _claim(name: str, at: int, rank: int, texts: Sequence[str]) -> _Claim:
    filled = [text for text in texts if text]
    fits = _FITS.get(name)
    misfit = bool(filled) and fits is not None and 2 * sum(map(fits, filled)) < len(filled)
    return _Claim(at, rank, misfit, not filled)


def _rivals(best: _Claim, other: _Claim, values: Callable[[int], list[str]]) -> bool:
    """Whether both columns hold values that fit, say the field as surely, and differ."""
    if best.misfit != other.misfit or best.rank != other.rank or best.empty or other.empty:
        return False
    pairs = zip(values(best.at), values(other.at), strict=True)
    return any(one != two and two for one, two in pairs)


def _by_values(
    block: Block, values: Callable[[int], list[str]], skipped: Collection[int]
) -> _Claim | None:
    """The only column without another meaning whose values are all possible NIKs."""
    found = []
    for at, path in block.paths.items():
        meant = titles.meaning(path)
        if at in skipped or (meant and meant.field != "nik"):
            continue
        filled = [text for text in values(at) if text]
        # No family number has a day above 40, so women's NIKs tell both apart.
        if len(filled) >= _ENOUGH and all(map(_is_nik, filled)):
            found.append((at, any(text[6] > "3" for text in map(normalise, filled))))
    sure = [at for at, has_women in found if has_women]
    one = sure if sure else [at for at, _ in found]
    return _Claim(one[0], 2, misfit=False, empty=False) if len(one) == 1 else None


def _is_nik(text: str) -> bool:
    try:
        parse(text)
    except NikRefused:
        return False
    return True


def _has_many_digits(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 10 or bool(_LIKE_A_NUMBER.search(text))


def _is_name(text: str) -> bool:
    return bool(_LETTERS.search(text)) and sum(map(str.isdigit, text)) < 6


def _is_phone(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 8 or bool(normalise_phone(text[:40]))


def _is_kpj(text: str) -> bool:
    return sum(map(str.isdigit, text)) == 11


def _has_a_number(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 5


def _has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _is_word(text: str) -> bool:
    return bool(_LETTERS.search(text)) or text.isdigit()


_FITS: dict[str, Callable[[str], bool]] = {
    "nik": _has_many_digits,
    "name": _is_name,
    "kk": _has_many_digits,
    "phone": _is_phone,
    "kpj": _is_kpj,
    "birth_date": _has_digits,
    "income": _has_digits,
    "job": _is_word,
}
