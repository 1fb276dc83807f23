"""Paged lists: each row appears once in both directions, also with concurrent writes."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import (
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from tests.kernel.listed_rows import LIST, ROWS, C

DAY = date(2026, 11, 1)

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _table(session: Session) -> None:
    session.execute(
        sql(
            "CREATE TEMP TABLE listed_rows (id bigint PRIMARY KEY, name text, sum_idr bigint,"
            " day date, at timestamptz, state text, rank int) ON COMMIT DROP"
        )
    )


def _row(key: int, chance: random.Random) -> dict[str, Any]:
    return {
        "id": key,
        "name": chance.choice(["Ani", "ani", "Budi", "Édi", "", "it's", "Çelik", "日"]),
        "sum_idr": chance.randrange(-1, 4),
        "day": DAY + timedelta(days=chance.randrange(4)),
        "at": START + timedelta(minutes=chance.randrange(3)),
        "state": chance.choice(["open", "closed"]),
    }


def _fill(session: Session, chance: random.Random, keys: list[int]) -> None:
    if keys:
        session.execute(insert(ROWS), [_row(key, chance) for key in keys])


def _page(session: Session, **asked: Any) -> Page[int]:
    return _of(session, ListRequest(**asked))


def _of(session: Session, asked: ListRequest) -> Page[int]:
    return LIST.page(session, select(C.id), asked).map(lambda row: row.id)


@pytest.mark.parametrize("sort", LIST.sorts)
@pytest.mark.parametrize("descending", [None, False, True])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 23])
def test_forward_and_backward_each_row_comes_once_in_order(
    session: Session, sort: str, descending: bool | None, count: int
) -> None:
    _fill(session, random.Random(f"{sort}{descending}{count}"), list(range(1, count + 1)))
    asked = ListRequest(sort=sort, descending=descending, size=4)
    key = LIST.sorts[sort].key
    down = LIST.sorts[sort].descending if descending is None else descending
    order = [key.desc(), C.id.desc()] if down else [key, C.id]
    right = list(session.scalars(select(C.id).order_by(*order)))

    forward = [_of(session, asked)]
    while forward[-1].next:
        forward.append(_of(session, replace(asked, cursor=forward[-1].next)))
    backward = [forward[-1]]
    while backward[0].previous:
        backward.insert(0, _of(session, replace(asked, cursor=backward[0].previous)))

    assert [row for page in forward for row in page.rows] == right
    assert [row for page in backward for row in page.rows] == right
    for walked in (forward, backward):
        assert [page.first for page in walked] == list(range(1, max(count, 1) + 1, 4))
    assert {page.total for page in forward} == {count}
    assert (forward[0].previous, forward[-1].next) == ("", "")


@pytest.mark.parametrize("seed", range(12))
def test_while_rows_are_added_and_removed_what_stays_is_seen_once(
    session: Session, seed: int
) -> None:
    chance = random.Random(seed)
    stay = list(range(100, 140))
    _fill(session, chance, [*stay, *range(200, 220)])
    fresh = chance.sample(range(300, 400), 100)
    used: list[int] = []
    asked = ListRequest(sort=chance.choice(list(LIST.sorts)), size=chance.randrange(1, 6))

    def change() -> None:
        added = [fresh.pop() for _ in range(min(chance.randrange(4), len(fresh)))]
        _fill(session, chance, added)
        used.extend(added)
        if used:
            gone = used.pop(chance.randrange(len(used)))
            session.execute(sql("DELETE FROM listed_rows WHERE id = :id"), {"id": gone})

    page = _of(session, asked)
    forward = list(page.rows)
    while page.next:
        change()
        page = _of(session, replace(asked, cursor=page.next))
        forward += page.rows
    backward = list(page.rows)
    while page.previous:
        change()
        page = _of(session, replace(asked, cursor=page.previous))
        backward = [*page.rows, *backward]

    for walked in (forward, backward):
        assert len(walked) == len(set(walked))
        assert set(stay) <= set(walked)


def test_a_row_that_the_cursor_names_may_be_gone(session: Session) -> None:
    _fill(session, random.Random(1), list(range(1, 10)))
    first = _page(session, size=3)
    session.execute(sql("DELETE FROM listed_rows WHERE id = :id"), {"id": first.rows[-1]})

    second = _page(session, size=3, cursor=first.next)

    assert not set(second.rows) & set(first.rows)
    assert len(second.rows) == 3


def test_where_nothing_is_left_the_first_page_is_shown(session: Session) -> None:
    _fill(session, random.Random(1), list(range(1, 10)))
    first = _page(session, size=3)
    session.execute(
        sql("DELETE FROM listed_rows WHERE id NOT IN :ids").bindparams(
            bindparam("ids", list(first.rows), expanding=True)
        )
    )

    assert _page(session, size=3, cursor=first.next).rows == first.rows


def _forged(*content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


_ID = 2**63


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "A" * 100_000,
        "[" * 1_000,
        base64.urlsafe_b64encode(b"[" * 1_400).decode().rstrip("="),
        base64.urlsafe_b64encode(b"9" * 1_400).decode().rstrip("="),
        _forged(),
        _forged(False, "name", False, 1, "Ani"),
        _forged(False, "name", False, 1, "Ani", 1, 1),
        _forged(0, "name", False, 1, "Ani", 1),
        _forged(False, "sum", True, 1, 2, 1),
        _forged(False, "name", True, 1, "Ani", 1),
        _forged(False, "name", False, 1, 7, 1),
        _forged(False, "name", False, 1, "A\0", 1),
        _forged(False, "name", False, 1, "\ud800", 1),
        _forged(False, "name", False, 1, None, 1),
        _forged(False, "name", False, 1, "Ani", _ID),
        _forged(False, "name", False, 1, "Ani", True),
        _forged(False, "name", False, 1, "Ani", "1"),
        _forged(False, "name", False, 1.5, "Ani", 1),
        _forged(False, "name", False, -3, "Ani", 1),
        {"a": 1}.__repr__(),
    ],
)
def test_a_cursor_of_nonsense_is_the_first_page(session: Session, cursor: str) -> None:
    _fill(session, random.Random(1), list(range(1, 10)))
    first = _page(session, size=3)

    assert _page(session, size=3, cursor=cursor) == first


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("sum", "2"),
        ("sum", True),
        ("sum", 2**64),
        ("day", "2026-13-01"),
        ("day", 3),
        ("at", "2026-11-01"),
        ("at", "2026-11-01T00:00:00"),
        ("at", "soon"),
    ],
)
def test_a_key_of_another_type_is_the_first_page(session: Session, sort: str, key: Any) -> None:
    _fill(session, random.Random(1), list(range(1, 10)))
    forged = _forged(False, sort, False, 4, key, 1)

    page = _page(session, size=3, sort=sort, descending=False, cursor=forged)

    assert page == _page(session, size=3, sort=sort, descending=False)


def test_a_cursor_holds_for_the_order_that_it_was_made_for(session: Session) -> None:
    _fill(session, random.Random(1), list(range(1, 10)))
    second = _page(session, size=3).next

    page = _page(session, size=3, sort="sum", cursor=second)

    assert page == _page(session, size=3, sort="sum")
    assert _page(session, size=3, sort="nothing; DROP").sort == "name"


def test_more_rows_than_are_counted_are_said_to_be_more(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "LIST", replace(LIST, counted=5))
    _fill(session, random.Random(1), [1, 2, 3, 4, 5])
    assert (_page(session).total, _page(session).more_than_counted) == (5, False)
    _fill(session, random.Random(1), [6])
    assert (_page(session).total, _page(session).more_than_counted) == (5, True)


def test_filters_narrow_the_rows_and_their_number(session: Session) -> None:
    _fill(session, random.Random(5), list(range(1, 41)))

    def some(condition: Any) -> set[int]:
        return set(session.scalars(select(C.id).where(condition)))

    for asked, condition in (
        ({"query": "AN"}, func.lower(C.name) == "ani"),
        ({"tab": "large"}, C.sum_idr >= 2),
        ({"tab": "small"}, C.id > 0),
        ({"state": "open"}, C.state == "open"),
        ({"state": "'"}, C.id > 0),
        ({"agent": "Budi"}, C.name == "Budi"),
        ({"at_least_idr": 1, "at_most_idr": 2}, C.sum_idr.between(1, 2)),
        ({"since": date(2026, 11, 2)}, C.id < 0),
        ({"until": date(2026, 10, 31)}, C.id < 0),
        ({"since": DAY, "until": DAY}, C.id > 0),
    ):
        found = _page(session, size=100, **asked)
        assert set(found.rows) == some(condition), asked
        assert found.total == len(found.rows)


def test_a_day_begins_at_midnight_of_the_office(session: Session) -> None:
    _fill(session, random.Random(1), [1])
    midnight = datetime(2026, 11, 2, tzinfo=UTC) - timedelta(hours=8)  # in Makassar
    session.execute(sql("UPDATE listed_rows SET at = :at"), {"at": midnight})

    def seen(day: date, zone: str) -> int:
        return _page(session, since=day, until=day, zone=zone).total

    assert seen(date(2026, 11, 2), "Asia/Makassar") == 1
    assert seen(date(2026, 11, 1), "Asia/Makassar") == 0
    assert seen(date(2026, 11, 1), "UTC") == 1
