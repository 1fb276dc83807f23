"""From the providers to the bank, and from the bank to BPJS: payouts and remittance batches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy.orm import Session

from agentsys.demo.city.collecting import CLEARING, SPONSOR, Collected, Due, Handed, Paid
from agentsys.demo.city.copying import copy_rows, next_id
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.money import share
from agentsys.months import add_months
from agentsys.remittances.models import RemittanceState

PAID_OUT_EVERY = timedelta(days=3)
# What the provider keeps of each payment, by channel; the city's budget pays without a fee.
FEE_PERCENT = {"gopay": 2, "gopay_debit": 2, "qris": 1, "shopeepay": 2, "dana": 2, "ovo": 2}
FEE_IDR = {"bri_va": 4_000, "bni_va": 4_000, "mandiri_bill": 4_000, "alfamart": 5_000}
BATCH_DAYS = (10, 24)
CONFIRMED_AFTER = timedelta(hours=44)
# Each office's two newest batches have at least so many contributions: a small city has few
# payments at the end of a month.
FEWEST_IN_A_NEW_BATCH = 3


@dataclass(slots=True)
class Payout:
    """What a provider paid out at once."""

    id: int
    provider: str
    at: datetime
    office_id: int
    amount_idr: int = 0
    fee_idr: int = 0


@dataclass(slots=True)
class _Money:
    """What came to a provider: a payment, or an agent's deposit."""

    of: Paid | Handed
    channel: str
    office_id: int
    settled_at: datetime


@dataclass(slots=True)
class Batch:
    """Contributions of one office that go to BPJS together."""

    id: int
    office_id: int
    at: datetime
    state: RemittanceState
    count: int
    amount_idr: int
    dues: list[Due]


def pay_out(
    session: Session,
    collected: Collected,
    *,
    staff: Staff,
    times: Times,
    paid_by_payers: Collection[str] = (),
) -> list[Payout]:
    """Store the payouts of the providers, less their fees, and when each payment came with one.

    The fees of the channels in `paid_by_payers` came on top, and are not taken from a payout.
    """
    settled = collected.settled
    rounds = [times.ago(hours=6)]
    oldest = min((p.settled_at for p in settled if p.settled_at), default=times.now)
    while rounds[-1] > oldest:
        rounds.append(rounds[-1] - PAID_OUT_EVERY)
    rounds.reverse()
    payouts: dict[tuple[str, datetime, int], Payout] = {}
    for money in _with_providers(collected):
        at = bisect_left(rounds, money.settled_at)
        if at < len(rounds):
            key = (CLEARING.get(money.channel, money.channel), rounds[at], money.office_id)
            payout = payouts.setdefault(key, Payout(0, *key))
            payout.amount_idr += money.of.amount_idr
            if money.channel not in paid_by_payers:
                payout.fee_idr += fee_of(money.channel, money.of.amount_idr)
            money.of.banked_at = payout.at
    for payment in settled:
        if payment.handed is not None and payment.handed.channel:
            payment.banked_at = payment.handed.banked_at
    found = sorted(
        payouts.values(), key=lambda payout: (payout.at, payout.provider, payout.office_id)
    )
    for number, payout in enumerate(found, next_id(session, "gateway_payouts")):
        payout.id = number
    _store(session, found, staff)
    return found


def _store(session: Session, payouts: list[Payout], staff: Staff) -> None:
    copy_rows(
        session,
        "gateway_payouts",
        _PAYOUT,
        (
            (
                payout.id,
                payout.provider,
                f"{payout.provider.upper()}-{payout.at:%y%m%d}-{payout.id:05d}",
                payout.amount_idr,
                payout.fee_idr,
                staff.finance[payout.office_id],
                payout.at,
                payout.office_id,
            )
            for payout in payouts
        ),
    )


def fee_of(channel: str, amount_idr: int) -> int:
    """What the provider keeps of one payment."""
    return share(amount_idr, FEE_PERCENT.get(channel, 0)) + FEE_IDR.get(channel, 0)


def _with_providers(collected: Collected) -> Iterator[_Money]:
    for paid in collected.settled:
        if paid.channel not in ("cash", SPONSOR) and paid.settled_at is not None:
            yield _Money(paid, paid.channel, paid.person.office_id, paid.settled_at)
    for one in collected.deposits:
        if one.channel and one.decided_at is not None:
            yield _Money(one, one.channel, one.agent.office_id, one.decided_at)


def remit(session: Session, collected: Collected, *, staff: Staff, times: Times) -> list[Batch]:
    """Batch what is in the bank; old batches are confirmed, then one has its code, one is open."""
    banked: dict[int, list[tuple[datetime, Due]]] = defaultdict(list)
    for due in collected.dues:
        at = due.payment.banked_at if due.payment else None
        if at is not None and at <= times.ago(hours=5):
            banked[due.person.office_id].append((at, due))
    batches = [
        batch
        for office_id, dues in banked.items()
        for batch in _of_office(office_id, sorted(dues, key=itemgetter(0)), times)
    ]
    batches.sort(key=lambda batch: (batch.at, batch.office_id))
    number = next_id(session, "remittances")
    for batch in batches:
        batch.id = number
        number += 1
    main = (batch for batch in batches if batch.office_id == staff.main_id)
    coded = next((batch for batch in main if batch.state is RemittanceState.CODED), None)
    if coded is not None:
        batches.append(_taken_apart(coded, number))
    for batch in batches:
        for due in batch.dues:
            due.remittance_id = batch.id
            if batch.state is RemittanceState.CONFIRMED:
                due.confirmed_at = batch.at + CONFIRMED_AFTER
    copy_rows(session, "remittances", _COLUMNS, (_row(batch, staff) for batch in batches))
    return batches


def _of_office(office_id: int, banked: list[tuple[datetime, Due]], times: Times) -> list[Batch]:
    """An office's batches, of contributions with the time when the bank got their money."""
    moments = _moments([at for at, _ in banked], times)
    newest = {moments[-2]: RemittanceState.CODED, moments[-1]: RemittanceState.OPEN}
    inside: dict[datetime, list[Due]] = defaultdict(list)
    for at, due in banked:
        inside[moments[bisect_left(moments, at)]].append(due)
    return [
        Batch(
            0, office_id, at, newest.get(at, RemittanceState.CONFIRMED), len(dues), _sum(dues), dues
        )
        for at, dues in inside.items()
    ]


def _moments(banked: list[datetime], times: Times) -> list[datetime]:
    """When batches are made: on the regular days, then one with a code, and an open one."""
    coded = _before_the_last(banked, times.ago(hours=50))
    last = _before_the_last(banked[: bisect_right(banked, coded)], times.ago(days=4))
    first = add_months(times.months[0], -1)
    regular = (
        moment(month, day, 11 * 60) for month in (first, *times.months) for day in BATCH_DAYS
    )
    return [*(at for at in regular if at <= last), coded, times.ago(hours=5)]


def _before_the_last(banked: list[datetime], at: datetime) -> datetime:
    """That time, or an earlier one, so that enough was banked after it."""
    if len(banked) < FEWEST_IN_A_NEW_BATCH:
        return at
    return min(at, banked[-FEWEST_IN_A_NEW_BATCH] - timedelta(minutes=1))


def _taken_apart(batch: Batch, number: int) -> Batch:
    """An earlier batch of the same contributions, cancelled by two people although it was paid."""
    return Batch(
        number,
        batch.office_id,
        batch.at - timedelta(minutes=40),
        RemittanceState.CANCELLED,
        batch.count,
        batch.amount_idr,
        [],
    )


def _sum(dues: list[Due]) -> int:
    return sum(due.price.amount_idr for due in dues)


_PAYOUT = (
    "id", "provider", "bank_ref", "amount_idr", "fee_idr", "recorded_by", "recorded_at",
    "office_id",
)  # fmt: skip
_COLUMNS = (
    "id", "office_id", "first_month", "last_month", "state", "kode_iuran", "bpjs_ref", "count",
    "amount_idr", "created_by", "created_at", "confirmed_by", "confirmed_at", "cancel_reason",
    "cancel_asked_by", "cancel_asked_at", "cancelled_by", "cancelled_at",
)  # fmt: skip


def _row(batch: Batch, staff: Staff) -> tuple[object, ...]:
    finance = staff.finance[batch.office_id]
    confirmed = batch.state is RemittanceState.CONFIRMED
    cancelled = batch.state is RemittanceState.CANCELLED
    decided = batch.at + timedelta(minutes=25) if cancelled else None
    months = [due.month for due in batch.dues]
    return (
        batch.id,
        batch.office_id,
        min(months, default=None),
        max(months, default=None),
        batch.state.value,
        f"{batch.at:%y%m}{batch.office_id:02d}{batch.id:08d}"
        if batch.state is not RemittanceState.OPEN
        else None,
        f"NTPN{batch.at:%y%m%d}{batch.id:06d}" if confirmed else "",
        batch.count,
        batch.amount_idr,
        finance,
        batch.at,
        finance if confirmed else None,
        batch.at + CONFIRMED_AFTER if confirmed else None,
        "Daftarnya kurang satu lembar." if cancelled else "",
        finance if cancelled else None,
        decided,
        staff.admin_id if cancelled else None,
        decided,
    )
