"""Every page of every role over a large network and over a tenth of it.

The pages come from the app's URL map. Both networks are visited in turn, so that other load on the
machine affects both. A page misses its goal if its median is over 100 ms (40 ms for pages of agents
and workers), if it needs more than ten statements, or if it takes more than 1.5 times as long as in
the smaller network and the difference is more than 3 ms.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from agentsys import figure_keepers
from bench.measure import say
from bench.network import build
from bench.network.size import Size
from bench.visits.objects import LARGE_AGENT, VISITORS
from bench.visits.site import Site, Visited

_LIST_MS, _OWN_MS = 100, 40
_OWN = ("agent", "large agent", "nobody")
_STATEMENTS = 10
_GROWTH, _NOISE_MS = 1.5, 3
# Caches are filled, and statements prepared: PostgreSQL keeps a plan after ten executions.
_WARMING = 11
_WIDTH = 46


@dataclass(frozen=True)
class Page:
    """The measurements of one page and role in both networks."""

    role: str
    name: str
    large: Visited
    tenth: Visited

    @property
    def ratio(self) -> float:
        """How many times longer it takes in the larger network."""
        return self.large.median / self.tenth.median

    @property
    def misses(self) -> list[str]:
        """The goals that the page misses."""
        most = _OWN_MS if self.role in _OWN else _LIST_MS
        slower = self.large.median - self.tenth.median
        return [
            *([f"status {self.large.status}"] if self.large.status >= 400 else []),
            *([f"{self.large.median:.0f} ms"] if self.large.median > most else []),
            *(
                [f"{self.large.statements} statements"]
                if self.large.statements > _STATEMENTS
                else []
            ),
            *([f"grows {self.ratio:.1f}"] if self.ratio > _GROWTH and slower > _NOISE_MS else []),
        ]


def main(argv: list[str]) -> dict[str, object]:
    """Visit all pages; the value is the median of the slowest page, the limit its goal."""
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--instance", type=Path, default=build.HOME)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=4, help="at most, for one page")
    parser.add_argument("--role", action="append", help="only this one")
    parser.add_argument("--explain", action="store_true", help="show the slowest statement")
    options = parser.parse_args(argv)
    size = Size(options.workers, options.months)
    with build.server(options.instance) as running:
        for each in (size, size.tenth):
            build.ensure(running, each, options.instance)
        with (
            build.app_on(running, size.tenth.database, options.instance) as tenth,
            build.app_on(running, size.database, options.instance) as large,
        ):
            for app in (large, tenth):
                with app.app_context():
                    figure_keepers.keep_figures()
            pages = _all_pages(Site(large), Site(tenth), options)
    return _result(pages, size)


def _all_pages(large: Site, tenth: Site, options: argparse.Namespace) -> list[Page]:
    pages = []
    say(
        f"{'role':11} {'page':{_WIDTH}} {'median':>7} {'p99':>7} {'tenth':>7} {'ratio':>5}"
        f" {'stmts':>5} {'kB':>5}"
    )
    for visitor in (*VISITORS, LARGE_AGENT):
        if options.role and visitor.role not in options.role:
            continue
        with large.client(visitor) as here, tenth.client(visitor) as there:
            addresses = zip(large.addresses(visitor), tenth.addresses(visitor), strict=True)
            for (name, address), (_, other) in addresses:
                page = Page(visitor.role, name, Visited(), Visited())
                if _may_see(large, here, address):
                    _visit(
                        ((large, here, address, page.large), (tenth, there, other, page.tenth)),
                        options,
                    )
                    pages.append(page)
                    _show(page, explain=options.explain)
    return pages


def _may_see(site: Site, client: FlaskClient, address: str) -> bool:
    """Whether this role may see the page: others get 403 or a redirect."""
    first = Visited()
    site.visit(client, address, first)
    return first.status not in (302, 401, 403)


def _visit(
    pair: tuple[tuple[Site, FlaskClient, str, Visited], ...], options: argparse.Namespace
) -> None:
    _visit_often(pair, times=_WARMING, seconds=options.seconds)
    for *_, into in pair:
        into.milliseconds.clear()
    _visit_often(pair, times=options.repeats, seconds=options.seconds)


def _visit_often(
    pair: tuple[tuple[Site, FlaskClient, str, Visited], ...], *, times: int, seconds: float
) -> None:
    """In turns; at least three times, even if that takes longer."""
    deadline = time.monotonic() + seconds
    for turn in range(1, times + 1):
        for site, client, address, into in pair:
            site.visit(client, address, into)
        if turn >= 3 and time.monotonic() > deadline:
            return


def _show(page: Page, *, explain: bool) -> None:
    misses = "  ← " + ", ".join(page.misses) if page.misses else ""
    say(
        f"{page.role:11} {page.name[:_WIDTH]:{_WIDTH}} {page.large.median:7.1f}"
        f" {page.large.p99:7.1f} {page.tenth.median:7.1f} {page.ratio:5.2f}"
        f" {page.large.statements:5} {page.large.kb:5}{misses}"
    )
    if explain and misses:
        say(f"    {page.large.slowest[:1000]}")


def _result(pages: list[Page], size: Size) -> dict[str, object]:
    slowest = max(pages, key=lambda page: page.large.median)
    grown = max(pages, key=lambda page: page.ratio if page.large.median > 10 else 0)
    missing = [page for page in pages if page.misses]
    return {
        "bench": "pages",
        "value": round(slowest.large.median, 1),
        "unit": "ms",
        "limit": _OWN_MS if slowest.role in _OWN else _LIST_MS,
        "ratio": round(grown.ratio, 2),
        "slowest": f"{slowest.role} {slowest.name}",
        "grown_most": f"{grown.role} {grown.name}",
        "workers": size.workers,
        "months": size.months,
        "pages": len(pages),
        "p99_ms": round(max(page.large.p99 for page in pages), 1),
        "most_statements": max(page.large.statements for page in pages),
        "most_kb": max(page.large.kb for page in pages),
        "missing": {f"{page.role} {page.name}": ", ".join(page.misses) for page in missing},
        "load": round(os.getloadavg()[0], 1),
    }
