"""The one search over a million workers, compared with the bare query that finds the same rows.

For each kind of text: the search as an admin, as finance of one office, as a supervisor and as an
agent. The bare query asks for the same rows by the same index, without scope, agents' names, and
what else the text may be. Both run in turn on one connection, without a statement to
build or a row to load; the result is the worst ratio.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.people.models import User
from agentsys.runtime import runtime
from agentsys.search import asked, finding
from bench.measure import say, throwaway_app
from bench.network import people
from bench.network.loading import Loader
from bench.network.size import ADMIN, FIRST_FINANCE, FIRST_SUPERVISOR, Size

_WARMING = 12  # PostgreSQL keeps a plan after ten executions
_ROWS = "SELECT id, name, nik_masked, kpj FROM workers WHERE "
_PAYMENTS = """
INSERT INTO payments (reference, key, request_hash, worker_id, agent_id, office_id, channel,
    custody, clearing, amount_idr, state, settled_at, created_at, aside_idr, provider_ref, pay_url,
    qr_string, reason, checks)
SELECT 'AG261101-' || id, 'bench-' || id, '', id, agent_id, office_id, 'cash', 'agent', 'cash',
    16800, 'settled', now(), now(), 0, '', '', '', '', 0
FROM workers
"""
_RECEIPTS = """
INSERT INTO receipts (payment_id, number, code, issued_at)
SELECT id, 'KW2611-' || id, 'B' || id, now() FROM payments
"""
_BATCHES = """
INSERT INTO remittances (office_id, count, amount_idr, state, kode_iuran, bpjs_ref,
    created_at)
SELECT 1 + n % 10, 1, 16800, 'coded', (26110000000 + n)::text, '', now()
FROM generate_series(1, 10000) n
"""


@dataclass(frozen=True)
class Kind:
    """One kind of text: what is typed, and the bare query."""

    name: str
    typed: str
    bare: str
    values: dict[str, Any]


def main(argv: list[str]) -> dict[str, object]:
    """Measure each kind of text for each role."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=60)
    options = parser.parse_args(argv)
    with throwaway_app():
        size = Size(options.workers, 1)
        _build(runtime().vault, size)
        with transaction() as session:
            return _measure(session, options.repeats, size)


def _measure(session: Session, repeats: int, size: Size) -> dict[str, object]:
    users = {
        "admin": session.get_one(User, ADMIN),
        "finance": session.get_one(User, FIRST_FINANCE + 1),
        "supervisor": session.get_one(User, FIRST_SUPERVISOR + 1),
        "agent": session.get_one(User, 2),
    }
    found: dict[str, dict[str, float]] = {}
    for kind in _kinds(session, runtime().vault):
        for role, user in users.items():
            ours, bare = _in_turn(session, user, kind, repeats)
            ratio = round(ours / bare, 2)
            say(f"{kind.name:<10} {role:<10} ours {ours:.2f} ms, bare {bare:.2f} ms: {ratio}")
            found.setdefault(kind.name, {})[role] = ratio
    worst = max(ratio for ratios in found.values() for ratio in ratios.values())
    return {
        "bench": "search",
        "value": worst,
        "unit": "ratio",
        "workers": size.workers,
        "repeats": repeats,
        "ratios": found,
    }


def _in_turn(session: Session, user: User, kind: Kind, repeats: int) -> tuple[float, float]:
    """The medians in milliseconds of the search and of the bare query."""
    vault = runtime().vault
    connection = session.connection()

    def ours() -> object:
        return finding.find(session, user, asked.read(kind.typed), vault=vault)

    def bare() -> object:
        return connection.exec_driver_sql(kind.bare, kind.values).all()

    took: dict[Callable[[], object], list[float]] = {ours: [], bare: []}
    for turn in range(_WARMING + repeats):
        for run in (ours, bare):
            began = time.perf_counter()
            run()
            if turn >= _WARMING:
                took[run].append((time.perf_counter() - began) * 1000)
    return median(took[ours]), median(took[bare])


def _kinds(session: Session, vault: Vault) -> Sequence[Kind]:
    """Texts about one worker of the first office, by everything that finds him."""
    row = session.execute(
        text(
            "SELECT w.id, w.name, w.kpj, w.phone, w.nik_masked FROM workers w"
            " WHERE w.agent_id = 2 AND w.kpj <> '' AND w.phone <> '' ORDER BY w.id LIMIT 1"
        )
    ).one()
    nik = "6474011203850001"  # of nobody, as most that are typed by mistake
    payment = (
        "SELECT p.id, p.worker_id, p.reference FROM payments p"
        " JOIN receipts r ON r.payment_id = p.id WHERE "
    )
    like = "search_key(name) LIKE '%%' || search_key(%(q)s) || '%%' LIMIT 20"
    common, receipt = row.name.split()[0], f"KW2611-{row.id}"
    return (
        Kind("name", row.name, _ROWS + like, {"q": row.name}),
        Kind("common", common, _ROWS + like, {"q": common}),
        Kind("nik", nik, _ROWS + "nik_index = %(q)s", {"q": vault.index(nik)}),
        Kind(
            "last four",
            row.nik_masked[-4:],
            _ROWS + "right(nik_masked, 4) = %(q)s LIMIT 20",
            {"q": row.nik_masked[-4:]},
        ),
        Kind("kpj", row.kpj, _ROWS + "kpj = %(q)s AND kpj <> ''", {"q": row.kpj}),
        Kind("phone", row.phone, _ROWS + "phone = %(q)s AND phone <> ''", {"q": row.phone}),
        Kind("receipt", receipt, payment + "r.number = %(q)s", {"q": receipt}),
        Kind(
            "reference",
            f"AG261101-{row.id}",
            payment + "p.reference = %(q)s",
            {"q": f"AG261101-{row.id}"},
        ),
        Kind(
            "code",
            "26110000010",
            "SELECT id, office_id FROM remittances WHERE kode_iuran = %(q)s",
            {"q": "26110000010"},
        ),
    )


def _build(vault: Vault, size: Size) -> None:
    say(f"{size.workers} workers, a payment and a receipt each")
    url = make_url(db.engine.url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        loader = Loader(connection)
        loader.drop_indexes()
        people.load_staff(loader, size)
        people.load_workers(loader, vault, size)
        for statement in (_PAYMENTS, _RECEIPTS, _BATCHES):
            loader.run(statement)
        loader.make_indexes()
        loader.finish()
