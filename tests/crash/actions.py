"""Actions of users and the gateway in crash tests, and queries of the result."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from agentsys import clock
from tests.crash.client import Visitor
from tests.tree import Tree, wait_for

Form = dict[str, object]


def collection(agent: Visitor, channel: str, place: int = 0) -> tuple[str, Form]:
    """The collect form of a worker who is due, filled in: where it goes, and its fields."""
    # Some rows have no such link: the worker's payment is pending, or was made meanwhile.
    path = re.findall(r'href="(/tagih/\d+)"', agent.page("/hari-ini?tab=todo"))[place]
    sheet = agent.page(path)
    months = re.findall(r'name="months" value="([\d-]+)"[^>]* checked', sheet)
    key = re.search(r'name="key" value="([^"]+)"', sheet)
    assert months
    assert key
    return path, {"key": key[1], "months": months, "channel": channel, "tender": "exact"}


def upload(supervisor: Visitor, file: Path) -> str:
    """Upload a roster for the first agent of the list; return the URL of its page."""
    form = supervisor.page("/pembina/daftar")
    agent = re.search(r'<option[^>]* value="(\d+)">Sari Lestari', form)
    assert agent
    fields: Form = {
        "agent": agent[1],
        "programmes": "JKK+JKM",
        "funding": "self",
        "from_month": f"{clock.this_month():%Y-%m}",
    }
    return supervisor.upload("/pembina/daftar", fields, file.name, file.read_bytes())


def step_on(supervisor: Visitor, address: str, approver: Visitor | None = None) -> str:
    """Take the next step of a list, or let the second person take it; the page of the list."""
    page = supervisor.page(address)
    if f'href="{address}/kolom"' in page and "Cocokkan kolom" in page:
        columns = supervisor.page(f"{address}/kolom")
        chosen = re.findall(
            r'<select[^>]*name="(kolom-\d+)".*?(?:<option selected value="([^"]*)"'
            r'|<option value="([^"]*)" selected|</select>)',
            columns,
        )
        supervisor.submit(f"{address}/kolom", {name: one or two for name, one, two in chosen})
    elif 'value="import"' in page:
        supervisor.submit(f"{address}/langkah", {"action": "import"})
    elif "jadi orang lain yang memutuskan" in page and approver is not None:
        seen = re.search(r'name="seen" value="([^"]+)"', approver.page(address))
        if seen:
            approver.submit(f"{address}/keputusan", {"action": "approve", "seen": seen[1]})
    elif 'value="resume"' in page:
        supervisor.submit(f"{address}/langkah", {"action": "resume"})
    return page


def has_ended(supervisor: Visitor, address: str, approver: Visitor | None = None) -> bool:
    """Whether a list is imported, or needs no import, after its next step."""
    page = step_on(supervisor, address, approver)
    return "tidak perlu diimpor" in page or "Selesai" in supervisor.page(f"{address}/kemajuan")


def rows_done(progress: str) -> int:
    """The number of finished rows on an import's progress page."""
    found = re.search(r"<b[^>]*>\s*([\d.]+)\s*</b>", progress)
    assert found
    return int(found[1].replace(".", ""))


def simulator(tree: Tree, lever: str, setting: Form | None = None) -> None:
    """Call the simulator's control API."""
    answer = requests.post(f"{tree.simulator}/_sim{lever}", json=setting or {}, timeout=30)
    answer.raise_for_status()


def order_of(tree: Tree, form: Form) -> str:
    """The gateway's order id of the payment of a form."""
    return str(tree.query("SELECT reference FROM payments WHERE key = %s", form["key"])[0][0])


def await_started(tree: Tree, order: str) -> None:
    """Wait until the gateway knows a payment: a job of the worker starts it."""
    wait_for(lambda: state_of(tree, order) != "created", f"{order} is started")


def state_of(tree: Tree, order: str) -> str:
    """The state of a payment."""
    return str(tree.query("SELECT state FROM payments WHERE reference = %s", order)[0][0])


def payment_of(tree: Tree, form: Form) -> list[tuple[str, int, int]]:
    """The payments of a form: state, number of receipts, number of journal entries."""
    rows = tree.query(
        """
        SELECT p.state, (SELECT count(*) FROM receipts r WHERE r.payment_id = p.id),
               (SELECT count(*) FROM entries e
                WHERE e.kind = 'payment.settled' AND e.source = p.reference)
        FROM payments p WHERE p.key = %s
        """,
        form["key"],
    )
    return [(str(state), int(receipts), int(entries)) for state, receipts, entries in rows]
