"""Who pays a worker's months: a sponsor's months are never asked from the worker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.errors import Refused
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Enrolment


class PaidByOthers(Refused):
    """A sponsor pays what the worker was asked for."""

    text = "Iuran ini dibayar pihak lain. Jangan menagih pekerjanya."


def sponsor_of(session: Session, *, worker_id: int) -> Funding | None:
    """Who else pays for the worker by the newest membership; None if the worker does."""
    newest = session.scalar(
        select(Enrolment.funding)
        .where(Enrolment.worker_id == worker_id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
    )
    return None if newest in (None, Funding.SELF) else newest


def refuse_sponsored(contributions: Sequence[Contribution]) -> None:
    """PaidByOthers if a sponsor pays one of these."""
    sponsored = [found for found in contributions if found.funding is not Funding.SELF]
    if sponsored:
        raise _refusal(sponsored[0].funding, [found.month for found in sponsored])


def refuse_debits(session: Session, worker_ids: Collection[int]) -> None:
    """PaidByOthers if a sponsor pays for one of these workers."""
    for worker_id in worker_ids:
        if (sponsor := sponsor_of(session, worker_id=worker_id)) is not None:
            raise PaidByOthers(
                "Iuran pekerja ini dibayar {payer}, jadi tidak ada yang perlu didebit.",
                payer=sponsor.short,
            )


def refuse_if_nothing_is_own(session: Session, *, worker_id: int) -> None:
    """PaidByOthers if a sponsor pays for the worker, and no own month is left to pay."""
    sponsor = sponsor_of(session, worker_id=worker_id)
    if sponsor is None:
        return
    own = select(Contribution.month).where(
        Contribution.worker_id == worker_id,
        Contribution.payment_id.is_(None),
        Contribution.funding == Funding.SELF,
    )
    if session.scalar(own.limit(1)) is None:
        raise PaidByOthers(
            "Iuran pekerja ini dibayar {payer}, jadi tidak ada yang ditagih kepadanya.",
            payer=sponsor.short,
        )


def _refusal(payer: Funding, months: list[date]) -> PaidByOthers:
    return PaidByOthers(
        "Iuran {months} dibayar {payer}. Jangan menagih pekerjanya.",
        months=sorted(months),
        payer=payer.short,
    )
