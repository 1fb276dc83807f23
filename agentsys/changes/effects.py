"""What a change of price would do to a worker's months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import terms
from agentsys.changes.fields import MONEY, OF_ENROLMENT, version_of
from agentsys.contributions import planned_prices, repricing
from agentsys.contributions.billing import MONTHS_AHEAD
from agentsys.contributions.models import Contribution
from agentsys.contributions.repricing import Priced, Repriced
from agentsys.errors import Conflict, Invalid
from agentsys.months import add_months
from agentsys.workers.kinds import Funding, Programmes, Sector
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The months that get another price, and what a month costs from then on."""

    months: Sequence[Repriced]
    # The price of this month, or of the change's if it is later; None if no price is concerned.
    before_idr: int | None
    after_idr: int | None

    def listed(self) -> list[dict[str, Any]]:
        """The months, to be stored with a proposal."""
        return [
            {
                "month": found.month.isoformat(),
                "before_idr": found.before_idr,
                "after_idr": found.after_idr,
                "paid": found.paid,
            }
            for found in self.months
        ]

    @property
    def version(self) -> str:
        """A short text that differs if anything of this does: what a person has seen."""
        months = {str(found["month"]): str(found) for found in self.listed()}
        return version_of(months | {"price": f"{self.before_idr} {self.after_idr}"})


NOTHING = Effect(months=(), before_idr=None, after_idr=None)


def effect_of(
    session: Session,
    *,
    worker: Worker,
    periods: Sequence[Enrolment],
    after: Mapping[str, str],
    from_month: date,
) -> Effect:
    """What these changed fields would do from a month on; Refused if they cannot be made."""
    if not set(after) & set(MONEY):
        return NOTHING
    enrolment = check_month(session, worker=worker, periods=periods, after=after, since=from_month)
    now = priced(worker, enrolment)
    then = with_changes(now, after)
    shown = max(clock.this_month(), periods[-1].from_month, from_month)
    return Effect(
        months=repricing.effect(session, worker_id=worker.id, since=from_month, by=then),
        before_idr=now.price(shown).amount_idr,
        after_idr=then.price(shown).amount_idr,
    )


def check_month(
    session: Session,
    *,
    worker: Worker,
    periods: Sequence[Enrolment],
    after: Mapping[str, str],
    since: date,
) -> Enrolment:
    """The running period that a change from this month on concerns; Refused if there is none."""
    if not periods or periods[-1].until_month is not None:
        raise Conflict("Kepesertaan pekerja ini tidak berjalan, jadi iurannya tidak berubah.")
    if periods[-1].agreement_id is not None and set(after) & set(OF_ENROLMENT):
        raise Conflict(
            "Program dan pembayar pekerja ini ditentukan perjanjian sponsornya. Keluarkan dulu"
            " pekerja ini dari daftar di halaman perjanjian itu."
        )
    if (planned := planned_prices.of_worker(session, worker.id)) is not None:
        raise Conflict(
            "Perubahan iuran mulai {from_month} sudah direncanakan. Tunggu bulan itu, atau minta"
            " kantor membatalkan rencananya dulu.",
            from_month=planned.from_month,
        )
    latest = max(add_months(clock.this_month(), MONTHS_AHEAD), periods[-1].from_month)
    if since.day != 1 or since > latest:
        raise Invalid(
            "Pilih {latest_month} atau sebelumnya.", latest_month=latest, about="from_month"
        )
    first = periods[-1].from_month if set(after) & set(OF_ENROLMENT) else periods[0].from_month
    if since < first:
        raise Invalid("Pilih {first_month} atau sesudahnya.", first_month=first, about="from_month")
    if set(after) & set(OF_ENROLMENT) and (paid := last_paid(session, worker.id, since)):
        raise Invalid(
            "Iuran sampai {paid_month} sudah dibayar dengan program dan pembayar yang lama. Ganti"
            " mulai bulan sesudahnya.",
            paid_month=paid,
            about="from_month",
        )
    return periods[-1]


def is_planned(periods: Sequence[Enrolment], since: date) -> bool:
    """Whether a change from this month on waits for its month to begin."""
    return since > max(clock.this_month(), periods[-1].from_month)


def priced(worker: Worker, enrolment: Enrolment) -> Priced:
    """What the worker's price depends on now."""
    return Priced(
        sector=worker.sector,
        income_idr=worker.income_idr,
        programmes=enrolment.programmes,
        funding=enrolment.funding,
        lowest=terms.prices_by_lowest(enrolment),
    )


def with_changes(now: Priced, after: Mapping[str, str]) -> Priced:
    """What the price depends on after a change."""
    return Priced(
        sector=Sector(after.get("sector", now.sector)),
        income_idr=int(after.get("income_idr", now.income_idr)),
        programmes=Programmes(after.get("programmes", now.programmes)),
        funding=Funding(after.get("funding", now.funding)),
        lowest=now.lowest and "funding" not in after,
    )


def last_paid(session: Session, worker_id: int, since: date) -> date | None:
    """The last month from one on that is paid."""
    return session.scalar(
        select(Contribution.month)
        .where(
            Contribution.worker_id == worker_id,
            Contribution.month >= since,
            Contribution.payment_id.is_not(None),
        )
        .order_by(Contribution.month.desc())
        .limit(1)
    )
