"""Processes killed during work: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from agentsys import clock
from agentsys.demo.roster import write_roster
from agentsys.months import add_months
from tests.crash.actions import (
    await_started,
    collection,
    has_ended,
    order_of,
    payment_of,
    simulator,
    state_of,
    step_on,
    upload,
)
from tests.crash.client import Visitor
from tests.crash.notifying import burst, signed_callback
from tests.tree import ANDI, LINA, RATNA, SARI, Tree, wait_for

pytestmark = pytest.mark.xdist_group("crash")

ROWS = 24_000  # more than one part of an import
SEED = 5  # other tests on the same database have lists of their own
PAYMENTS, CALLBACKS_EACH = 10, 20
Visit = Callable[[str], Visitor]


@pytest.fixture(scope="module", autouse=True)
def orphan(tree: Tree, visit: Visit, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The progress page of an import whose worker was killed; others are tested meanwhile."""
    file = tmp_path_factory.mktemp("roster") / "daftar.csv"
    write_roster(file, rows=ROWS, seed=SEED)
    ratna = visit(RATNA)
    address = upload(ratna, file)

    def is_under_way() -> bool:
        assert _status(tree, address) != "done", "the import ended before it was interrupted"
        if _status(tree, address) != "running":
            step_on(ratna, address, visit(ANDI))
        return _status(tree, address) == "running"

    wait_for(is_under_way, "the import is under way")
    tree.kill("worker")
    assert _status(tree, address) == "running", "the import ended before it was interrupted"
    return address


def _status(tree: Tree, address: str) -> str:
    number = int(address.rsplit("/", maxsplit=1)[-1])
    return str(tree.query("SELECT status FROM rosters WHERE id = %s", number)[0][0])


def test_cash_whose_request_was_cut_off_is_taken_once(tree: Tree, visit: Visit) -> None:
    sari = visit(SARI)
    for victim in ("web", "database"):
        path, form = collection(sari, "cash")
        killed = tree.pid(victim)
        sari.send_and_vanish(path, form)
        tree.kill(victim)
        tree.await_other(victim, killed)
        tree.await_ready()

        # The phone got no answer, so it sends the form again.
        answer = sari.submit(path, form)
        assert "/kuitansi/" in answer.url
        assert payment_of(tree, form) == [("settled", 1, 1)]


def test_a_database_that_was_killed_is_told_in_sentences(tree: Tree) -> None:
    told = len(tree.said())
    killed = tree.kill("database")
    tree.await_other("database", killed)
    tree.await_ready()

    wait_for(lambda: "Basis data berjalan lagi." in tree.said()[told:], "the terminal says so")
    since = tree.said()[told:]
    assert "Basis data berhenti; dijalankan lagi." in since
    assert "procrastinate.exceptions" not in since


def test_a_payment_whose_callback_found_nobody_is_settled_by_the_next_one(
    tree: Tree, visit: Visit
) -> None:
    sari = visit(SARI)
    path, form = collection(sari, "gopay")
    sari.submit(path, form)
    order = order_of(tree, form)
    await_started(tree, order)
    dead = tree.kill("web")
    simulator(tree, f"/pay/{order}")
    tree.await_other("web", dead)
    tree.await_ready()

    simulator(tree, f"/notify/{order}")

    wait_for(lambda: state_of(tree, order) == "settled", "the payment is settled")
    assert payment_of(tree, form) == [("settled", 1, 1)]


def test_a_gateway_that_was_killed_remembers_the_charge(tree: Tree, visit: Visit) -> None:
    sari = visit(SARI)
    path, form = collection(sari, "qris")
    sari.submit(path, form)
    order = order_of(tree, form)
    await_started(tree, order)
    dead = tree.kill("simulator")
    tree.await_other("simulator", dead)
    tree.await_ready()

    simulator(tree, f"/pay/{order}")

    wait_for(lambda: state_of(tree, order) == "settled", "the payment is settled")
    assert payment_of(tree, form) == [("settled", 1, 1)]


def test_no_acknowledged_callback_of_a_burst_is_lost(tree: Tree, visit: Visit) -> None:
    sari = visit(SARI)
    forms = [collection(sari, "gopay", place) for place in range(PAYMENTS)]
    for path, form in forms:
        sari.submit(path, form)
    orders = [order_of(tree, form) for _path, form in forms]
    for order in orders:
        await_started(tree, order)
    simulator(tree, "/knobs", {"drop": True})
    for order in orders:
        simulator(tree, f"/pay/{order}")
    bodies = [
        signed_callback(tree, order, turn) for turn in range(CALLBACKS_EACH) for order in orders
    ]

    with burst(f"{tree.url}/callbacks/gopay", bodies) as await_acknowledged:
        await_acknowledged(40)
        tree.kill("database")
        await_acknowledged(80)
        tree.kill("web")
        await_acknowledged(120)
        tree.kill("worker")
    tree.await_ready()

    stored = tree.query("SELECT body FROM callbacks WHERE reference = ANY(%s)", orders)
    assert set(bodies) <= {bytes(body) for (body,) in stored}
    wait_for(lambda: {state_of(tree, order) for order in orders} == {"settled"}, "all are settled")
    for _path, form in forms:
        assert payment_of(tree, form) == [("settled", 1, 1)]
    simulator(tree, "/knobs", {"drop": False})


def test_an_import_whose_worker_was_killed_is_finished_by_the_next(
    tree: Tree, visit: Visit, orphan: str, tmp_path: Path
) -> None:
    ratna = visit(RATNA)
    wait_for(lambda: has_ended(ratna, orphan), "the import is finished", limit_s=120)
    roster = int(orphan.rsplit("/", maxsplit=1)[-1])
    total, accepted, rejected = tree.query(
        "SELECT rows_total, accepted, rejected FROM rosters WHERE id = %s", roster
    )[0]
    assert total == accepted + rejected == ROWS

    # Import the list again: a lost row would be created, an incomplete one would change.
    file = tmp_path / "lagi.csv"
    write_roster(file, rows=ROWS, seed=SEED)
    again = upload(ratna, file)
    wait_for(lambda: has_ended(ratna, again), "the list is checked again")
    created, changed = tree.query(
        "SELECT created, changed FROM rosters WHERE id = %s", int(again.split("/")[-1])
    )[0]
    assert (created, changed) == (0, 0)


def test_a_billing_run_that_was_cut_off_bills_everybody_once(tree: Tree, visit: Visit) -> None:
    lina = visit(LINA)
    lina.page("/keuangan/penagihan")
    month = add_months(clock.this_month(), 1)
    killed = tree.pid("database")
    lina.submit("/keuangan/penagihan", {"month": f"{month:%Y-%m}"})
    tree.kill("database")
    tree.await_other("database", killed)
    tree.await_ready()

    progress = f"/keuangan/penagihan?bulan={month:%Y-%m}"
    wait_for(lambda: "Tagihan baru" in lina.page(progress), "the run has ended")
    enrolled, billed = tree.query(
        """
        SELECT count(*), count(c.worker_id)
        FROM enrolments e
        JOIN workers w ON w.id = e.worker_id
        JOIN users u ON u.office_id = w.office_id AND u.phone = '+6281200000021'
        LEFT JOIN agreements g ON g.id = e.agreement_id
        LEFT JOIN contributions c ON c.worker_id = e.worker_id AND c.month = %s
        WHERE e.from_month <= %s AND (e.until_month IS NULL OR e.until_month > %s)
            AND (g.id IS NULL OR coalesce(g.ends_month, g.until_month) > %s)
        """,
        month,
        month,
        month,
        month,
    )[0]
    assert billed == enrolled > 100


def test_an_approval_that_was_cut_off_is_done_once(tree: Tree, visit: Visit) -> None:
    ratna = visit(RATNA)
    page = ratna.page("/pembina/komisi")
    seen = re.search(r'name="ids" value="((\d+):[0-9a-f]+)"', page)
    assert seen
    form = {"ids": seen[1], "action": "approve", "reason": ""}
    killed = tree.pid("database")
    ratna.send_and_vanish("/pembina/komisi/putuskan", form)
    tree.kill("database")
    tree.await_other("database", killed)
    tree.await_ready()

    ratna.submit("/pembina/komisi/putuskan", form)

    assert "Disetujui" in ratna.page(f"/pembina/komisi/{seen[2]}")
    entries = tree.query(
        "SELECT count(*) FROM entries WHERE kind = 'commission.approved' AND source = %s",
        f"statement:{seen[2]}",
    )
    assert entries == [(1,)]
