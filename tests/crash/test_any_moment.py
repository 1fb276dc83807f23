"""Processes killed at random moments: agentsys recovers, and acknowledged data is there."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.crash.actions import has_ended, order_of, payment_of, simulator, state_of
from tests.crash.killer import kill_at_random
from tests.crash.retrying_client import RetryingVisitor, retried
from tests.crash.walk import ROWS, Acknowledged, Walk
from tests.tree import ANDI, RATNA, Tree, wait_for

pytestmark = pytest.mark.xdist_group("crash")

KILLS = int(os.environ.get("CRASH_KILLS", "12"))
SEED = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(1_000_000))


def test_whatever_is_killed_at_any_moment_what_was_told_is_there_exactly_once(
    tree: Tree, tmp_path: Path
) -> None:
    print(f"CRASH_SEED={SEED} CRASH_KILLS={KILLS}")
    walk = Walk(tree, tmp_path, SEED)
    people = walk.people()
    with ThreadPoolExecutor(max_workers=len(people)) as pool:
        at_work = [pool.submit(does) for does in people]
        try:
            killed = kill_at_random(tree, random.Random(SEED), KILLS)
        finally:
            walk.over.set()
        for each in at_work:
            each.result()
    told = walk.told
    print(f"killed: {dict(killed)}; told: {told.counts()}")

    tree.await_ready()
    assert told.cash
    assert told.wallet
    _the_money_is_there_once(tree, told)
    _the_work_is_done_once(tree, told)
    audit = tree.command("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def _the_money_is_there_once(tree: Tree, told: Acknowledged) -> None:
    for form in told.wallet:
        _await_settled(tree, order_of(tree, form))
    for form in told.cash + told.wallet:
        assert payment_of(tree, form) == [("settled", 1, 1)]
    otherwise = tree.query(
        """
        SELECT p.reference FROM payments p
        WHERE p.state = 'settled' AND p.for_deposit_id IS NULL AND (
            (SELECT count(*) FROM receipts r WHERE r.payment_id = p.id) <> 1
            OR (SELECT count(*) FROM entries e
                WHERE e.kind = 'payment.settled' AND e.source = p.reference) <> 1)
        """
    )
    assert otherwise == []


def _await_settled(tree: Tree, order: str) -> None:
    """Repeat the callback of a paid order, as a gateway does, until the payment is settled."""

    def is_settled() -> bool:
        if state_of(tree, order) == "settled":
            return True
        retried(lambda: simulator(tree, f"/notify/{order}"), "another notification")
        return False

    wait_for(is_settled, f"{order} is settled")


def _the_work_is_done_once(tree: Tree, told: Acknowledged) -> None:
    supervisor, admin = RetryingVisitor(tree.url, RATNA), RetryingVisitor(tree.url, ANDI)
    for roster in told.rosters:
        address = f"/pembina/daftar/{roster}"
        # The pauses between attempts of an interrupted job become longer.
        wait_for(partial(has_ended, supervisor, address, admin), "a list has ended", limit_s=400)
        _check_imported(tree, roster)
    for kind, table, state, numbers in (
        ("deposit.confirmed", "deposit", "confirmed", told.deposits),
        ("remittance.confirmed", "remittance", "confirmed", told.remittances),
        ("commission.approved", "statement", "approved", told.statements),
    ):
        assert _booked(tree, kind, table, numbers) == dict.fromkeys(numbers, (state, 1))


def _check_imported(tree: Tree, roster: int) -> None:
    [row] = tree.query(
        "SELECT status, rows_total, accepted + rejected FROM rosters WHERE id = %s", roster
    )
    assert row == ("done", ROWS, ROWS)


def _booked(tree: Tree, kind: str, table: str, numbers: set[int]) -> dict[int, tuple[str, int]]:
    states = tree.query(
        """
        SELECT 'deposit', id, state FROM deposits
        UNION ALL SELECT 'remittance', id, state FROM remittances
        UNION ALL SELECT 'statement', id, state FROM statements
        """
    )
    entries = dict(
        tree.query("SELECT source, count(*) FROM entries WHERE kind = %s GROUP BY source", kind)
    )
    return {
        int(number): (str(state), int(entries.get(f"{table}:{number}", 0)))
        for of, number, state in states
        if of == table and number in numbers
    }
