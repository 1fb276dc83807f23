"""The page of the books and `agentsys audit` over many postings, compared with the bare sums.

The network of `bench world` with so many workers that a year has the wanted number of postings. All
offices have closed the month before the running one. The audit runs after a day's collecting, as
each night. Both are compared with the bare sums: one statement that sums the postings of the
running month by account. `ratio` is the worse one.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock, figure_keepers
from agentsys.audit import trail
from agentsys.closing import closings
from agentsys.db import db, in_transaction, transaction
from agentsys.ledger import balances, proofs
from agentsys.months import add_months
from bench.measure import peak_mb, say
from bench.network import build, day
from bench.network.size import FIRST_FINANCE, Size
from bench.visits.objects import VISITORS
from bench.visits.site import Site, Visited

PAGE = "/keuangan/buku"
PAGE_MS, AUDIT_S = 300, 5  # at most
VISITS = 9
_COUNTED_S = 11  # after that, PostgreSQL has counted what was written
_POSTINGS = """
    SELECT p.account, sum(p.amount_idr) FROM entries e JOIN postings p ON p.entry_id = e.id
    WHERE e.at >= :month GROUP BY p.account
"""


def main(argv: list[str]) -> dict[str, object]:
    """Visit the page and run the audit several times."""
    parser = argparse.ArgumentParser(prog="python -m bench books", description=__doc__)
    parser.add_argument("--workers", type=int, default=500_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--instance", type=Path, default=build.HOME)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    size = Size(options.workers, options.months)
    with build.server(options.instance) as running:
        build.ensure(running, size, options.instance)
        with build.app_on(running, size.database, options.instance) as app:
            with app.app_context():
                _settle()
            page = _visit(app)
            with app.app_context():
                audit, bare = _audit(size, options.repeats)
                postings = _scalar("SELECT count(*) FROM postings")
    ratios = {"page": page / bare, "audit": audit / bare}
    return {
        "bench": "books",
        "value": round(audit, 2),
        "unit": "s",
        "limit": round(bare, 2),
        "ratio": round(max(ratios.values()), 2),
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "postings": postings,
        "page_ms": round(page * 1000, 1),
        "misses": [
            *([f"page over {PAGE_MS} ms"] if page * 1000 > PAGE_MS else []),
            *([f"audit over {AUDIT_S} s"] if audit > AUDIT_S else []),
        ],
        "peak_mb": peak_mb(),
    }


def _settle() -> None:
    """Prove the year once and keep its balances and figures, as the jobs have done by then."""
    while in_transaction(balances.fold) >= balances.LOT:
        pass
    figure_keepers.keep_figures()
    say("the first audit")
    _prove()
    _close_the_last_month()
    time.sleep(_COUNTED_S)
    _prove()


def _close_the_last_month() -> None:
    """Close it in each office that has not, as finance does."""
    month = add_months(clock.this_month(), -1)
    with transaction() as session:
        offices = session.execute(text("SELECT id, zone FROM offices ORDER BY id")).all()
    for office_id, zone in offices:
        began = time.perf_counter()
        with transaction() as session:
            if month not in closings.to_close(session, office_id=office_id, zone=zone):
                continue
            found = closings.lock(
                session,
                office_id=office_id,
                month=month,
                note="bench",
                actor_id=_finance_of(session, office_id),
            )
            closing_id = found.id
        with transaction() as session:
            closings.seal(session, closing_id=closing_id)
        say(f"office {office_id} closed in {time.perf_counter() - began:.1f} s")


def _finance_of(session: Session, office_id: int) -> int:
    found: int = session.execute(
        text("SELECT min(id) FROM users WHERE office_id = :office AND id >= :first"),
        {"office": office_id, "first": FIRST_FINANCE},
    ).scalar_one()
    return found


def _prove() -> None:
    with transaction() as session:
        trail.seal(session)
    failing = [each.name for each in proofs.prove(transaction, by="bench") if each.failures]
    assert not failing, failing


def _visit(app: Flask) -> float:
    """The seconds of a visit of the page; median."""
    [finance] = [visitor for visitor in VISITORS if visitor.role == "finance"]
    visited = Visited()
    site = Site(app)
    with site.client(finance) as client:
        for _ in range(VISITS):
            site.visit(client, PAGE, visited)
    assert visited.status == 200, visited.status
    return visited.median / 1000


def _audit(size: Size, repeats: int) -> tuple[float, float]:
    """The seconds of an audit after a day's collecting, and of the bare sums; medians."""
    ours, bare = [], []
    month = size.all_months[-1]
    for turn in range(1, repeats + 1):
        collected = day.collect(month)
        time.sleep(_COUNTED_S)
        bare.append(_timed(_POSTINGS, month=month))
        began = time.perf_counter()
        _prove()
        ours.append(time.perf_counter() - began)
        say(f"{turn}/{repeats}: {collected} paid, bare {bare[-1]:.2f} s, audit {ours[-1]:.2f} s")
    return median(ours), median(bare)


def _timed(query: str, **values: object) -> float:
    began = time.perf_counter()
    with db.engine.connect() as connection:
        connection.execute(text(query), values).all()
    return time.perf_counter() - began


def _scalar(query: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)
