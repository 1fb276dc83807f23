"""The page of the books and `agentsys audit` over many postings, compared with the bare sums.

The network of `bench world` with so many workers that a year has the wanted number of postings. The
page's limit is the sum of the kept balances in one statement; the audit's is one statement that
sums the postings of the running month by account. The audit runs after a day's collecting, as each
night. `ratio` is the worse one.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import text

from agentsys import figure_keepers
from agentsys.audit import trail
from agentsys.db import db, in_transaction, transaction
from agentsys.ledger import balances, proofs
from bench.measure import peak_mb, say
from bench.network import build, day
from bench.network.size import Size
from bench.visits.objects import VISITORS
from bench.visits.site import Site, Visited

PAGE = "/keuangan/buku"
PAGE_MS, AUDIT_S = 300, 5  # at most
VISITS = 9
_BALANCES = "SELECT account, amount_idr FROM balances ORDER BY account"
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
            page, bare_page = _visit(app)
            with app.app_context():
                audit, bare_audit = _audit(size, options.repeats)
                postings = _scalar("SELECT count(*) FROM postings")
    ratios = {"page": page / bare_page, "audit": audit / bare_audit}
    return {
        "bench": "books",
        "value": round(audit, 2),
        "unit": "s",
        "limit": round(bare_audit, 2),
        "ratio": round(max(ratios.values()), 2),
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "postings": postings,
        "page_ms": round(page * 1000, 1),
        "page_limit_ms": round(bare_page * 1000, 1),
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


def _prove() -> None:
    with transaction() as session:
        trail.seal(session)
    failing = [each.name for each in proofs.prove(transaction, by="bench") if each.failures]
    assert not failing, failing


def _visit(app: Flask) -> tuple[float, float]:
    """The seconds of a visit of the page, and of its bare sums; medians."""
    [finance] = [visitor for visitor in VISITORS if visitor.role == "finance"]
    visited, bare = Visited(), []
    site = Site(app)
    with site.client(finance) as client:
        for _ in range(VISITS):
            with app.app_context():
                bare.append(_timed(_BALANCES))
            site.visit(client, PAGE, visited)
    assert visited.status == 200, visited.status
    return visited.median / 1000, median(bare)


def _audit(size: Size, repeats: int) -> tuple[float, float]:
    """The seconds of an audit after a day's collecting, and of the bare sums; medians."""
    ours, bare = [], []
    month = size.all_months[-1]
    for turn in range(1, repeats + 1):
        collected = day.collect(month)
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
