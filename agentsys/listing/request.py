"""The request for a page of a list, read from the parameters of a URL or form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from agentsys.money import rupiah

LONGEST = 60  # letters of what is searched for
_LONGEST_PLACE = 2_000  # letters of a cursor: a name of many letters may be in it
NAMES = (
    *("q", "tab", "state", "agent", "letter", "ecosystem", "group", "from", "to", "min", "max"),
    *("sort", "page"),
)
SIZE = 30
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, kw_only=True)
class ListRequest:
    """One page of a list, sorted and filtered; a field that is empty filters nothing."""

    query: str = ""
    tab: str = ""
    state: str = ""
    agent: str = ""  # a part of the name, or the code
    letter: str = ""  # with which a name begins
    ecosystem: str = ""
    group: int | None = None  # its id
    since: date | None = None
    until: date | None = None
    at_least_idr: int | None = None
    at_most_idr: int | None = None
    sort: str = ""
    descending: bool | None = None
    cursor: str = ""
    size: int = SIZE
    zone: str = "UTC"  # where the days of `since` and `until` begin
    problems: tuple[str, ...] = ()  # sentences about filters that could not be read


def read_request(values: Mapping[str, str], *, zone: str = "UTC") -> ListRequest:
    """The request that these texts make.

    They are called as NAMES says.

    A minus before the sort means descending. An invalid filter is ignored and reported in
    `problems`.
    """
    problems: list[str] = []
    since, until = (_date(values.get(name, ""), problems) for name in ("from", "to"))
    if since and until and since > until:
        since = until = None
        problems.append("Tanggal awal lebih baru daripada tanggal akhir. Tukar keduanya.")
    sums = [_sum(values.get(name, ""), problems) for name in ("min", "max")]
    if sums[0] is not None and sums[1] is not None and sums[0] > sums[1]:
        sums = [None, None]
        problems.append("Jumlah terkecil melebihi jumlah terbesar. Tukar keduanya.")
    sort = values.get("sort", "")
    return ListRequest(
        query=_words(values.get("q", "")),
        tab=values.get("tab", ""),
        state=values.get("state", ""),
        agent=_words(values.get("agent", "")),
        letter=_letter(values.get("letter", "")),
        ecosystem=values.get("ecosystem", ""),
        group=_number(values.get("group", "")),
        since=since,
        until=until,
        at_least_idr=sums[0],
        at_most_idr=sums[1],
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-") if sort else None,
        cursor=values.get("page", ""),
        size=SIZE,
        zone=zone,
        problems=tuple(dict.fromkeys(problems)),
    )


def asked_in(sent: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a list request, cut to lengths that fit into a URL."""
    return {
        name: sent[name][: _LONGEST_PLACE if name == "page" else LONGEST]
        for name in NAMES
        if sent.get(name)
    }


def _words(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST].strip()


def _letter(text: str) -> str:
    letter = text.strip().upper()
    return letter if len(letter) == 1 and letter.isalpha() else ""


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def _date(text: str, problems: list[str]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            found = date.fromisoformat(text)
            if _FIRST_YEAR <= found.year <= _LAST_YEAR:
                return found
    except ValueError:
        pass
    problems.append("Tanggal belum benar, jadi belum menyaring. Contoh: 2026-11-30.")
    return None


def _sum(text: str, problems: list[str]) -> int | None:
    if not text.strip():
        return None
    try:
        return rupiah(text)
    except ValueError:
        problems.append("Tulis jumlah dalam rupiah tanpa koma, misalnya 1.500.000.")
        return None
