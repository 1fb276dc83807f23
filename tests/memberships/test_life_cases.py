"""The cases of `life_cases.csv`: what happens to a member, and what is so afterwards.

`terbuka`: the open months after that (`tidak`: none; `ditolak`: it was refused); `lunas_sampai`:
the last month for which BPJS has the money, without a gap; `komisi_a`, `komisi_b`: what the two
agents earned for the confirmations of the month before.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement
from agentsys.contributions import arrears, billing
from agentsys.contributions.coverage import coverage_of
from agentsys.crypto import Vault
from agentsys.memberships import lapsing, resuming
from agentsys.memberships.ending import end
from agentsys.months import add_months, parse_month
from agentsys.workers.kinds import EndReason, Programmes, Sector
from tests.memberships import life_changes as people
from tests.memberships.life import LivingOffice

Step = dict[str, str]


def cases() -> list[list[Step]]:
    path = Path(__file__).with_name("life_cases.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return [list(steps) for _case, steps in itertools.groupby(rows, lambda row: row["kasus"])]


@pytest.mark.parametrize("steps", cases(), ids=lambda steps: steps[0]["kasus"])
def test_each_case_goes_as_finance_wrote_it_down(
    session: Session, vault: Vault, steps: list[Step]
) -> None:
    with time_machine.travel(datetime(2026, 1, 20, 3, tzinfo=UTC), tick=False) as traveller:
        office = LivingOffice.build(session, vault)
        worker_id = 0
        for step in steps:
            month = parse_month(step["bulan"])
            traveller.move_to(datetime(month.year, month.month, 20, 3, tzinfo=UTC))
            refused = office.refused
            worker_id = _do(office, worker_id, *step["peristiwa"].split())
            if step["terbuka"] == "ditolak":
                assert office.refused == refused + 1, step
            else:
                assert office.refused == refused, step
                _check_open(office, worker_id, step)
            _check_cover(office, worker_id, step)
            _check_commissions(office, step)
            office.check()
        office.check_books()


def test_every_kind_of_life_is_there() -> None:
    told = {step["peristiwa"].split()[0] for steps in cases() for step in steps}

    assert told == {"daftar", *_DOING}


def _do(office: LivingOffice, worker_id: int, what: str, *how: str) -> int:
    """Do what the row says; the worker."""
    if what == "daftar":
        worker_id = office.enrol(0)
        what = "tagih"
    _DOING[what](office, worker_id, how)
    return worker_id


def _bill(office: LivingOffice, _worker_id: int, _how: Sequence[str]) -> None:
    billing.bill_month(office.session, month=clock.this_month(), actor_id=None)


def _elsewhere(office: LivingOffice, worker_id: int, how: Sequence[str]) -> None:
    first, now = parse_month(how[1]), clock.this_month()
    back = (now.year - first.year) * 12 + now.month - first.month
    office.paid_elsewhere(worker_id, back, int(how[2]))


def _change(**values: str) -> Callable[[LivingOffice, int, Sequence[str]], None]:
    return lambda office, worker_id, how: people.change_by_two(
        office, worker_id, values, parse_month(how[-1])
    )


def _end(office: LivingOffice, worker_id: int, reason: EndReason) -> None:
    with office.unless_refused():
        end(
            office.session,
            worker_id=worker_id,
            reason=reason,
            happened_on=clock.now().date(),
            note="Surat",
            actor_id=office.clerk.id,
        )


def _resume(office: LivingOffice, worker_id: int, *, later: bool) -> None:
    with office.unless_refused():
        resuming.resume(
            office.session,
            worker_id=worker_id,
            from_month=add_months(clock.this_month(), int(later)),
            programmes=Programmes.TWO,
            actor_id=office.clerk.id,
        )


def _check_open(office: LivingOffice, worker_id: int, step: Step) -> None:
    found = arrears.open_months(office.session, worker_id=worker_id)
    assert _listed(row.month.strftime("%Y-%m") for row in found) == step["terbuka"], step
    assert sum(row.amount_idr for row in found) == int(step["terbuka_rp"]), step


def _check_cover(office: LivingOffice, worker_id: int, step: Step) -> None:
    until = coverage_of(office.session, worker_id=worker_id).paid_until
    assert (f"{until:%Y-%m}" if until else "") == step["lunas_sampai"], step


def _check_commissions(office: LivingOffice, step: Step) -> None:
    if not step["komisi_a"]:
        return
    office.compute_and_approve()
    month = add_months(clock.this_month(), -1)
    earned = dict(
        office.session.execute(
            select(Statement.agent_id, Statement.agent_idr).where(Statement.month == month)
        ).all()
    )
    expected = [int(step["komisi_a"]), int(step["komisi_b"])]
    assert [earned.get(agent.id, 0) for agent in office.agents] == expected, step


_DOING: dict[str, Callable[[LivingOffice, int, Sequence[str]], object]] = {
    "tagih": _bill,
    "bayar": lambda office, worker_id, how: office.pay(worker_id, int(how[0])),
    "lunas": lambda office, _worker, _how: office.confirm_all(),
    "malam": lambda office, _worker, _how: lapsing.lapse(office.session),
    "pindah": lambda office, worker_id, _how: people.hand_over(
        office, worker_id, people.agent_of(office, worker_id), 0
    ),
    "tempat": _elsewhere,
    "tiga": _change(programmes=Programmes.THREE.value),
    "transportasi": _change(sector=Sector.TRANSPORT.value),
    "berhenti": lambda office, worker_id, _how: _end(office, worker_id, EndReason.WISHED),
    "meninggal": lambda office, worker_id, _how: _end(office, worker_id, EndReason.DIED),
    "aktif": lambda office, worker_id, how: _resume(office, worker_id, later="depan" in how),
    "tidak": lambda _office, _worker, _how: None,
}


def _listed(months: Iterable[str]) -> str:
    return " ".join(sorted(months)) or "tidak"
