"""The incentive from confirmed contributions in the database to the statement, case by case.

`commission.csv` was written from the published rule without any code of the product. A group is
`workers/new/programmes/price/contribution month/payer`; months before that one were confirmed
earlier. `story` says what happened between them, and which months were paid before agentsys. Sums
"by line" round each contribution, as the product does; sums "by total" round once, which the decree
may mean: where they differ, the mark says so.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.commissions.models import Statement, StatementLine
from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod, EarlierState
from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.people.models import Agent
from agentsys.workers.models import NewToBpu, Worker
from tests.commissions.builders import NOVEMBER, at, run
from tests.factories import make_agent, make_office, make_worker

CASES = Path(__file__).with_name("commission.csv")
PROGRAMMES = {"2": "JKK+JKM", "3": "JKK+JKM+JHT"}

# One row for each month before the group's own: confirmed in October or earlier, the oldest first.
_MONTHS = text("""
INSERT INTO contributions (worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at, payment_id, remittance_id, confirmed_at)
SELECT worker_id, CAST(CAST(:november AS date) - make_interval(months => back) AS date), office_id,
    agent_id, programmes, funding, 'other', price_idr, 0, 0, 'test', now(), 1, 1,
    CASE WHEN NOT now_paid
        THEN CAST(:october AS timestamptz) - make_interval(days => back)
        ELSE CAST(:today AS timestamptz) END
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
    worker_id bigint, back int, office_id bigint, agent_id bigint, programmes text,
    funding text, price_idr bigint, now_paid boolean)
""")


@dataclass(frozen=True)
class Group:
    """Some workers who are alike."""

    count: int
    new: bool
    programmes: str
    price_idr: int
    number: int
    funding: str

    @classmethod
    def read(cls, written: str) -> Group:
        """A group as the table has it."""
        count, new, programmes, price, number, funding = written.split("/")
        return cls(int(count), new == "1", PROGRAMMES[programmes], int(price), int(number), funding)


def cases() -> list[dict[str, str]]:
    """The rows of the table."""
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _months_of(session: Session, vault: Vault, agent: Agent, case: dict[str, str]) -> Sequence[Any]:
    """The confirmed months of a case's workers, as rows to insert."""
    groups = [Group.read(written) for written in case["groups"].split(";")]
    # Several months of one worker are paid together; elsewhere each group has its own workers.
    together = len(groups) > 2 and {group.count for group in groups} == {1}
    kind, _, number = case["story"].partition(" ")
    gap = int(number) if kind == "resumed" else 0
    earlier = int(number) if kind == "earlier" else 0
    rows: list[dict[str, Any]] = []
    workers = [
        make_worker(
            session,
            vault,
            agent=agent,
            enrolled_from=date(2015, 1, 1),
            new_to_bpu=NewToBpu.YES if group.new else NewToBpu.NO,
        )
        for group in (groups[:1] if together else groups)
        for _ in range(group.count)
    ]
    people = iter(workers)
    for at_place, group in enumerate(groups):
        for _ in range(1 if together else group.count):
            worker = workers[0] if together else next(people)
            before = 0 if together and at_place else group.number - 1 - earlier
            if kind in ("earlier", "elsewhere"):
                _record_earlier(session, worker, int(number), agent if earlier else None)
            given = {
                "worker_id": worker.id,
                "office_id": agent.office_id,
                "agent_id": agent.id,
                "programmes": group.programmes,
                "funding": group.funding,
                "price_idr": group.price_idr,
            }
            rows += [
                given | {"back": back + gap, "now_paid": False} for back in range(1, before + 1)
            ]
            if case["story"] != "lapsed":
                rows.append(given | {"back": -at_place if together else 0, "now_paid": True})
    return rows


def _record_earlier(session: Session, worker: Worker, months: int, agent: Agent | None) -> None:
    """Months before those of agentsys, which a second person has counted."""
    first = date(2015, 1, 1)
    session.add(
        EarlierPeriod(
            worker_id=worker.id,
            office_id=worker.office_id,
            agent_id=agent.id if agent else None,
            from_month=first,
            until_month=add_months(first, months),
            kind=EarlierKind.BEFORE if agent else EarlierKind.ELSEWHERE,
            evidence="Kartu iuran 2015",
            state=EarlierState.COUNTED,
            proposed_by=1,
            decided_by=2,
            decided_at=at(1, month=10),
        )
    )


@pytest.mark.made_up_books
def test_every_case_of_the_table_comes_out_in_the_statement(session: Session, vault: Vault) -> None:
    office_id = make_office(session).id
    rows: list[Any] = []
    agents: list[tuple[dict[str, str], Agent]] = []
    for case in cases():
        agent = make_agent(session, office_id=office_id, supervisor_id=None, signed_in=False)
        rows += _months_of(session, vault, agent, case)
        agents.append((case, agent))
    for month in {add_months(NOVEMBER, -row["back"]) for row in rows}:
        session.execute(text("SELECT ensure_contribution_partition(:month)"), {"month": month})
    moments = {"november": NOVEMBER, "october": at(20, month=10), "today": at(10)}
    session.execute(_MONTHS, {"rows": json.dumps(rows), **moments})
    session.flush()

    outcome = run(session, office_id=office_id)

    assert outcome.failures == {}
    wrong = []
    for case, agent in agents:
        found = _statement(session, agent)
        wanted = {name: int(case[name]) for name in found}
        if found != wanted:
            wrong.append((case["name"], found, wanted))
        elif (known := _new_in_basis(session, agent)) != int(case["new"]):
            wrong.append((case["name"], {"new": known}, {"new": int(case["new"])}))
    assert wrong == []


def _statement(session: Session, agent: Agent) -> dict[str, int]:
    """The sums of the agent's lines by the columns of the table."""
    lines = session.execute(
        select(StatementLine.rule, StatementLine.amount_idr)
        .join(Statement)
        .where(Statement.agent_id == agent.id)
    ).all()

    def total(rule: str) -> int:
        return sum(amount for name, amount in lines if name == f"perisai_2022.{rule}")

    acquisition, collection = total("acquisition"), total("collection")
    return {
        "acquisition": acquisition,
        "collection_by_line": collection,
        "agent_by_line": acquisition + collection,
        "office_by_line": total("office"),
    }


def _new_in_basis(session: Session, agent: Agent) -> int:
    return len(basis.agent_month(session, agent=agent, month=NOVEMBER).new_workers)


def test_the_table_holds_every_kind_of_case() -> None:
    rows = cases()
    names = " ".join(row["name"] for row in rows)

    assert len(rows) > 200
    for kind in (
        "new workers",
        "bracket 33",
        "half price",
        "together",
        "resumed",
        "lapsed",
        "before",
    ):
        assert kind in names
    assert {Group.read(g).funding for r in rows for g in r["groups"].split(";")} == {
        *("self", "apbn", "apbd", "apbdes", "csr"),
    }


@pytest.mark.parametrize("row", [r for r in cases() if r["mark"] == "unsure(rounding)"][:5])
def test_rounding_once_or_by_line_differs_by_little(row: dict[str, str]) -> None:
    assert 0 < abs(int(row["collection_by_line"]) - int(row["collection_by_total"])) <= 3
