"""Billing: one contribution per active worker and month, priced by the tariff, safe to repeat."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.contributions import billing_sql as sql
from agentsys.contributions import earlier, released_tariffs, unbilled
from agentsys.contributions.billing_sql import BILL, FOR_GOOD, NOT_YET
from agentsys.contributions.models import BillingRun, Contribution
from agentsys.contributions.tariff import Tariff, official, price_table_of
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.events import record as events
from agentsys.extension.events import MonthBilled
from agentsys.months import add_months
from agentsys.workers.kinds import CLOSES_ALL
from agentsys.workers.models import Enrolment

MONTHS_BACK = 24
MONTHS_AHEAD = 12
MONTHS_AT_ONCE = 12

# Workers, their periods and a month's contributions are all indexed by the worker's id; walked side
# by side in that order, they need no sorting, and the index of what is written grows at its end.
_PLAN = """
SET LOCAL statement_timeout = '30min';
SET LOCAL work_mem = '64MB';
SET LOCAL maintenance_work_mem = '256MB';
SET LOCAL random_page_cost = 1.1
"""

_OF_OFFICE = "AND w.office_id = :office_id"
_ONE_WORKER = text(
    BILL.format(
        table="contributions",
        elsewhere=earlier.COUNTED_SQL,
        for_good=FOR_GOOD,
        which="AND e.worker_id = :worker_id",
        conflict="ON CONFLICT DO NOTHING",
    )
)
_SOME_WORKERS = text(
    BILL.format(
        table="contributions",
        elsewhere=earlier.COUNTED_SQL,
        for_good=FOR_GOOD,
        which="AND e.worker_id = ANY (:worker_ids)",
        conflict="ON CONFLICT DO NOTHING",
    )
)
_WORKER_STAYS = text("SELECT id FROM workers WHERE id = :id AND merged_into IS NULL FOR SHARE")


class MonthOutOfReach(Invalid):
    """A month that is too far away to be billed."""

    text = "Bulan itu terlalu jauh untuk ditagih."


class BillingRuns(Conflict):
    """Another billing run of the month is under way."""

    text = "Penagihan bulan itu sedang berjalan."


class PaidElsewhere(Refused):
    """One of the months is recorded as paid to BPJS elsewhere."""

    text = "Bulan itu sudah dibayar ke BPJS lewat cara lain."


class NotEnrolled(Refused):
    """The worker has no enrolment in one of the months."""

    text = "Pekerja tidak terdaftar pada bulan itu."


def check_beginning(month: date) -> None:
    """Raise MonthOutOfReach if a membership that begins in that month cannot be billed yet."""
    if month > _reach()[1]:
        raise _out_of_reach(month)


def bill_month(
    session: Session, *, month: date, actor_id: int | None, office_id: int | None = None
) -> BillingRun:
    """Bill all workers enrolled in that month and not billed yet; needs its own transaction."""
    _check_reach(month)
    key = key_of(month)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(locks.BILLING_RUN, key))):
        raise BillingRuns(
            "Penagihan bulan {month} sedang berjalan. Tunggu sampai selesai, lalu lihat"
            " hasilnya; tidak ada yang ditagih dua kali.",
            month=month,
        )
    session.execute(select(func.pg_advisory_xact_lock(locks.BILLING_MONTH, key)))
    released_tariffs.share_lock(session)
    session.execute(text(_PLAN))
    run = BillingRun(month=month, office_id=office_id, started_by=actor_id, started_at=clock.now())
    before = select(func.count()).where(Contribution.month == month)
    if office_id is not None:
        before = before.where(Contribution.office_id == office_id)
    run.already = session.scalar(before) or 0
    run.billed, run.amount_idr = _bill(session, month, office_id)
    run.finished_at = clock.now()
    session.add(run)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="contributions.billed",
        subject=f"month:{month:%Y-%m}",
        details={
            "office_id": office_id,
            "billed": run.billed,
            "already": run.already,
            "amount_idr": run.amount_idr,
        },
    )
    events.record(
        session,
        MonthBilled(office_id=office_id, month=month, billed=run.billed, amount_idr=run.amount_idr),
        actor_id=actor_id,
    )
    return run


def _bill(session: Session, month: date, office_id: int | None) -> tuple[int, int]:
    """The number of new contributions, and their sum."""
    # If nobody was billed for the month yet, its rows are written before its indexes are built,
    # which takes half the time.
    empty = session.scalar(select(func.new_contributions(month)))
    of, of_office = (sql.OF_OFFICE, _OF_OFFICE) if office_id is not None else ("", "")
    values: dict[str, Any] = {**_prices(month), "office_id": office_id}
    which = of_office + NOT_YET
    if empty is None:
        which = unbilled.condition(session, of_office, values)
    billed, amount_idr = 0, 0
    if which:
        statement = BILL.format(
            table=empty or "contributions",
            elsewhere=earlier.COUNTED_SQL,
            for_good=FOR_GOOD,
            which=which,
            conflict="",
        )
        _open_bills(session, of, values)
        billed, amount_idr = session.execute(text(statement), values).one()
    if empty is not None:
        session.execute(select(func.attach_contributions(month)))
    session.execute(text(sql.DROP_EMPTY.format(which=of)), values)
    return billed, amount_idr


def _open_bills(session: Session, of: str, values: Mapping[str, Any]) -> None:
    # A bill that was being sent while we waited for it is open no more: then another part begins.
    for statement in (sql.OPEN_BILLS, sql.KEEP_OPEN, sql.OPEN_BILLS):
        session.execute(text(statement.format(which=of)), values)


def ensure_billed(
    session: Session, *, worker_id: int, months: Collection[date]
) -> list[Contribution]:
    """The worker's contributions for 1 to 12 months, oldest first; missing ones are billed now."""
    wanted = sorted(set(months))
    if not 1 <= len(wanted) <= MONTHS_AT_ONCE:
        raise Invalid("Pilih 1 sampai {most} bulan iuran.", most=MONTHS_AT_ONCE)
    for month in wanted:
        _check_reach(month)
    _check_enrolled(session, worker_id, wanted)
    found = (
        select(Contribution)
        .where(Contribution.worker_id == worker_id, Contribution.month.in_(wanted))
        .order_by(Contribution.month)
    )
    missing = set(wanted) - {contribution.month for contribution in session.scalars(found)}
    if missing:
        released_tariffs.share_lock(session)
    for month in sorted(missing):
        session.execute(
            select(func.pg_advisory_xact_lock_shared(locks.BILLING_MONTH, key_of(month)))
        )
        session.execute(select(func.ensure_contribution_partition(month)))
        values = {**_prices(month), "worker_id": worker_id}
        _open_bills(session, sql.OF_WORKER, values)
        session.execute(_ONE_WORKER, values)
        session.execute(text(sql.DROP_EMPTY.format(which=sql.OF_WORKER)), values)
    return list(session.scalars(found))


def bill_some(session: Session, *, month: date, worker_ids: Collection[int]) -> int:
    """Bill a month for these workers, where they are members and not billed yet; how many."""
    _check_reach(month)
    session.execute(select(func.pg_advisory_xact_lock_shared(locks.BILLING_MONTH, key_of(month))))
    session.execute(select(func.ensure_contribution_partition(month)))
    released_tariffs.share_lock(session)
    values = {**_prices(month), "worker_ids": list(worker_ids)}
    _open_bills(session, sql.OF_WORKERS, values)
    billed, _amount_idr = session.execute(_SOME_WORKERS, values).one()
    session.execute(text(sql.DROP_EMPTY.format(which=sql.OF_WORKERS)), values)
    return int(billed)


def _check_reach(month: date) -> None:
    if month.day != 1:
        raise Invalid("Bulan iuran ditulis seperti 2026-11.")
    first, last = _reach()
    if not first <= month <= last:
        raise _out_of_reach(month)


def _reach() -> tuple[date, date]:
    now = clock.this_month()
    return add_months(now, -MONTHS_BACK), add_months(now, MONTHS_AHEAD)


def _out_of_reach(month: date) -> MonthOutOfReach:
    first, last = _reach()
    return MonthOutOfReach(
        "Bulan {month} tidak dapat ditagih. Pilih bulan dari {first_month} sampai {last_month}.",
        month=month,
        first_month=first,
        last_month=last,
    )


def _check_enrolled(session: Session, worker_id: int, months: list[date]) -> None:
    # So that the membership is not ended while its months are billed.
    if session.scalar(_WORKER_STAYS, {"id": worker_id}) is None:
        raise NotFound()
    periods = session.execute(
        select(Enrolment.from_month, Enrolment.until_month, Enrolment.end_reason).where(
            Enrolment.worker_id == worker_id
        )
    ).all()
    over = max((row.until_month for row in periods if row.end_reason in CLOSES_ALL), default=None)
    outside = [
        month
        for month in months
        if (over is not None and month < over)
        or not any(
            first <= month and (until is None or month < until) for first, until, _why in periods
        )
    ]
    if outside:
        raise NotEnrolled(
            "Kepesertaan pekerja tidak berjalan pada bulan {months}. Pilih bulan lain, atau minta"
            " kantor mengaktifkannya lagi.",
            months=outside,
        )
    elsewhere = earlier.counted_of(session, worker_id=worker_id) & set(months)
    if elsewhere:
        raise PaidElsewhere(
            "Bulan {months} sudah dibayar ke BPJS lewat cara lain, jadi tidak ditagih. Pilih bulan"
            " lain.",
            months=sorted(elsewhere),
        )


def key_of(month: date) -> int:
    """The number by which the locks of a month are known."""
    return month.year * 12 + month.month


def _prices(month: date) -> dict[str, Any]:
    return {**price_columns(official(), month), "month": month, "at": clock.now()}


@lru_cache(maxsize=64)
def price_columns(tariff: Tariff, month: date) -> Mapping[str, Any]:
    """The prices of a month as SQL parameters: `bounds`, and `prices` in JSON."""
    table = price_table_of(tariff, month)
    lists = [
        {
            "sector": found.sector,
            "funding": found.funding,
            "programmes": found.programmes,
            "jkk_idr": [price.jkk_idr for price in found.prices],
            "jkm_idr": [price.jkm_idr for price in found.prices],
            "jht_idr": [price.jht_idr for price in found.prices],
            "tariff": [", ".join(price.instruments) for price in found.prices],
        }
        for found in table.lists
    ]
    return {"bounds": list(table.bounds), "prices": json.dumps(lists)}
