"""A city's day: its list, its bill, its transfer, the batch to BPJS and what BPJS confirms.

Each leg is compared, in the same run, with the least that a database can do for it: reading the
file plus COPY of its accepted rows; one INSERT … SELECT of constants; one UPDATE of the month's
contributions. Ours and the limit work on months of their own, in tables of the same shape. The
`ratio` is that of the worst leg.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from sqlalchemy import func, select, text

from agentsys import clock, list_jobs
from agentsys.agreements import recording
from agentsys.agreements.kinds import PriceBasis, SponsorKind
from agentsys.agreements.models import Bill
from agentsys.contributions.billing import bill_month
from agentsys.db import transaction
from agentsys.demo.roster import write_roster
from agentsys.months import add_months
from agentsys.people.accounts import role_row
from agentsys.people.models import Office, User
from agentsys.people.permissions import RoleName
from agentsys.remittances import batches, codes, confirmations
from agentsys.remittances.results import ResultRow
from agentsys.sponsors import bill_payments, bills, versions
from agentsys.workers.models import Programmes
from bench import import_
from bench.measure import checkpoint, peak_mb, say, stopwatch, throwaway_app

CEILINGS = {"import": 2.0, "bill": 1.5, "pay": 2.0, "remit": 2.0, "confirm": 2.0}
MOST_REPEATS = 6  # each takes two months, and a month can be billed a year ahead
PEAK_MB = 400

LIMIT_BILL = text("""
INSERT INTO contributions (worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at, bill_id)
SELECT id, :month, office_id, agent_id, 'JKK+JKM', 'apbd', 'other', 10000, 6800, 0, 'PP 44/2015',
    :at, 0
FROM workers
""")
LIMITS = {
    "pay": text("UPDATE contributions SET payment_id = 0 WHERE month = :month"),
    "remit": text("UPDATE contributions SET remittance_id = 0 WHERE month = :month"),
    "confirm": text("UPDATE contributions SET confirmed_at = :at WHERE month = :month"),
}


@dataclass(frozen=True)
class Staff:
    """The office that serves the city: its two people, and the city's agreement."""

    office_id: int
    finance_id: int
    admin_id: int
    agreement_id: int


def main(argv: list[str]) -> dict[str, object]:
    """Run all legs several times, each after its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench city", description=__doc__)
    parser.add_argument("--rows", type=int, default=34_782)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(argv)
    repeats = min(options.repeats, MOST_REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kota.xlsx"
        say(f"writing a list of {options.rows} rows")
        write_roster(path, rows=options.rows)
        content = path.read_bytes()
    with throwaway_app():
        legs: dict[str, tuple[list[float], list[float]]] = {leg: ([], []) for leg in CEILINGS}
        people = run(content, repeats, legs)
        return _result(legs, rows=options.rows, people=people, repeats=repeats)


def run(content: bytes, repeats: int, legs: dict[str, tuple[list[float], list[float]]]) -> int:
    """Measure the legs into `legs`, ours and the limit; how many people were paid for."""
    office_id, _ = import_.prepare(with_agent=False)
    import_.ours(content, office_id, None)  # warms up, and shows what is accepted
    accepted = import_.accepted_rows()
    staff = _hire(office_id)
    people = 0
    for _turn in range(repeats):
        legs["import"][1].append(import_.limit(content, accepted, "xlsx"))
        roster, seconds = import_.ours(
            content, office_id, None, version_id=_version(staff), actor_id=staff.admin_id
        )
        legs["import"][0].append(seconds)
        people = roster.created
        list_jobs.follow_import(roster.id)
    for turn in range(repeats):
        month = add_months(clock.this_month(), 2 * turn)
        _limits(month, legs)
        _ours(staff, add_months(month, 1), legs)
        last = {leg: f"{ours[-1]:.2f}/{limit[-1]:.2f}" for leg, (ours, limit) in legs.items()}
        say(f"{turn + 1}/{repeats}: {last} s")
    return people


def _version(staff: Staff) -> int:
    """An empty version of the city's list, the only one; its id."""
    with transaction() as session:
        session.execute(text("TRUNCATE version_people, agreement_members, list_versions"))
        return versions.begin(
            session,
            agreement_id=staff.agreement_id,
            decree="SK 1",
            decreed_on=clock.this_month(),
            from_month=clock.this_month(),
            whole=True,
            actor_id=staff.admin_id,
        ).id


def _limits(month: date, legs: dict[str, tuple[list[float], list[float]]]) -> None:
    with transaction() as session:
        session.execute(select(func.ensure_contribution_partition(month)))
    with _timed(legs["bill"][1]), transaction() as session:
        session.execute(LIMIT_BILL, {"month": month, "at": clock.now()})
    for leg, statement in LIMITS.items():
        with _timed(legs[leg][1]), transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            session.execute(statement, {"month": month, "at": clock.now()})


def _ours(staff: Staff, month: date, legs: dict[str, tuple[list[float], list[float]]]) -> None:
    with transaction() as session:
        session.execute(select(func.ensure_contribution_partition(month)))
    with _timed(legs["bill"][0]), transaction() as session:
        bill_month(session, month=month, actor_id=staff.finance_id, office_id=staff.office_id)
        bill = session.scalars(select(Bill).where(Bill.month == month)).one()
        bills.send(session, bill_id=bill.id, actor_id=staff.finance_id)
        bill_id, amount_idr = bill.id, bill.amount_idr
    with _timed(legs["pay"][0]):
        with transaction() as session:
            payment_id = bill_payments.record(
                session,
                key=secrets.token_hex(16),
                bill_id=bill_id,
                amount_idr=amount_idr,
                bank_reference=f"SP2D {bill_id:06d}",
                received_on=date(2026, 1, 1),
                actor_id=staff.finance_id,
            ).id
        with transaction() as session:
            bill_payments.confirm(session, payment_id=payment_id, actor_id=staff.admin_id)
    with _timed(legs["remit"][0]), transaction() as session:
        batch = batches.make_batch(session, office_id=staff.office_id, actor_id=staff.finance_id)
        code = f"9{batch.id:09d}"
        codes.set_code(session, remittance_id=batch.id, kode_iuran=code, actor_id=staff.finance_id)
    with _timed(legs["confirm"][0]), transaction() as session:
        row = ResultRow(1, code, True, "PAID", amount_idr, f"BPJS-{code}")
        [result] = confirmations.confirm(session, rows=[row], actor_id=staff.finance_id)
        assert result.verdict is confirmations.Verdict.CONFIRMED, result


def _timed(into: list[float]) -> AbstractContextManager[None]:
    checkpoint()
    return stopwatch(into)


def _hire(office_id: int) -> Staff:
    with transaction() as session:
        people: list[User] = []
        for role in (RoleName.FINANCE, RoleName.ADMIN):
            user = User(
                office_id=office_id,
                name=role.value,
                phone=f"+6281299990{len(people)}",
                password="x",  # nobody signs in
                fs_uniquifier=secrets.token_hex(16),
                active=True,
            )
            user.roles.append(role_row(session, role))
            session.add(user)
            people.append(user)
        session.flush()
        finance, admin = people
        assert session.get(Office, office_id) is not None
        sponsor = recording.add_sponsor(
            session,
            office_id=office_id,
            details=recording.SponsorDetails(kind=SponsorKind.CITY, name="Kota Uji"),
            actor_id=finance.id,
        )
        terms = recording.Terms(
            number="PKS 1",
            signed_on=clock.this_month(),
            programmes=Programmes.TWO,
            price_basis=PriceBasis.LOWEST,
            from_month=clock.this_month(),
            last_month=add_months(clock.this_month(), 24),
        )
        agreement = recording.propose(
            session, sponsor_id=sponsor.id, terms=terms, actor_id=finance.id
        )
        recording.decide(session, agreement_id=agreement.id, approve=True, actor_id=admin.id)
        return Staff(office_id, finance.id, admin.id, agreement.id)


def _result(
    legs: dict[str, tuple[list[float], list[float]]], *, rows: int, people: int, repeats: int
) -> dict[str, object]:
    ratios = {leg: round(median(ours) / median(limit), 2) for leg, (ours, limit) in legs.items()}
    worst = max(ratios, key=lambda leg: ratios[leg] / CEILINGS[leg])
    return {
        "bench": "city",
        "ratio": ratios[worst],
        "worst": worst,
        "unit": "s",
        "rows": rows,
        "people": people,
        "repeats": repeats,
        "legs": {
            leg: {
                "ours": round(median(ours), 3),
                "limit": round(median(limit), 3),
                "ratio": ratios[leg],
                "most": CEILINGS[leg],
            }
            for leg, (ours, limit) in legs.items()
        },
        "peak_mb": peak_mb(),
        "peak_mb_of_a_child": peak_mb(children=True),
        "peak_mb_most": PEAK_MB,
    }
