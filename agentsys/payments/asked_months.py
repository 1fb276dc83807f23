"""The contributions that a payment is asked for, and whether a channel and an agent may take it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.contributions.payer import refuse_sponsored
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.extension.contract import Custody, PaymentChannel
from agentsys.payments.ceiling import check_ceiling
from agentsys.people.models import Agent
from agentsys.workers.kinds import Funding

MOST_MONTHS = 24


class PriceChanged(Conflict):
    """The months cost another sum than the one that the payer was shown."""

    text = "Iurannya berubah sejak halaman ini dibuka. Periksa jumlahnya, lalu kirim lagi."


def open_months(
    session: Session, worker_id: int, wanted: list[date], besides: Collection[date] = ()
) -> list[Contribution]:
    """The wanted contributions, if they are the worker's oldest unpaid ones; not a sponsor's.

    Months in `besides` may stay open before them.
    """
    if not 1 <= len(wanted) <= MOST_MONTHS:
        raise Invalid("Pilih 1 sampai {most} bulan iuran.", most=MOST_MONTHS)
    every = session.scalars(
        select(Contribution)
        .where(Contribution.worker_id == worker_id, Contribution.payment_id.is_(None))
        .order_by(Contribution.month)
        # A debit looks at these rows under the same lock, so that only one of the two begins.
        .with_for_update(of=Contribution, key_share=True)
    ).all()
    refuse_sponsored([contribution for contribution in every if contribution.month in wanted])
    # What a sponsor owes keeps nobody from paying his own months.
    unpaid = [
        contribution
        for contribution in every
        if contribution.funding is Funding.SELF and contribution.month not in besides
    ]
    missing = set(wanted) - {contribution.month for contribution in unpaid}
    if missing:
        raise Conflict(
            "Iuran {months} sudah dibayar atau belum ditagihkan. Muat ulang, lalu pilih lagi.",
            months=sorted(missing),
        )
    chosen = unpaid[: len(wanted)]
    if [contribution.month for contribution in chosen] != wanted:
        raise Refused(
            "Bayar mulai dari bulan yang paling lama ({oldest_month}), tanpa melompat.",
            oldest_month=unpaid[0].month,
        )
    return chosen


def amount_of(
    session: Session,
    asked: Sequence[Contribution],
    channel: PaymentChannel,
    agent: Agent | None,
    *,
    shown_idr: int | None = None,
) -> int:
    """What the contributions cost; Refused if the channel or the agent may not take so much.

    PriceChanged if the payer was shown another sum.
    """
    amount = sum(contribution.amount_idr for contribution in asked)
    if shown_idr is not None and shown_idr != amount:
        raise PriceChanged(
            "Iurannya berubah sejak halaman ini dibuka: tadi {shown_idr}, sekarang {amount_idr}."
            " Belum ada yang dicatat. Periksa jumlahnya, lalu kirim lagi.",
            shown_idr=shown_idr,
            amount_idr=amount,
        )
    _check_limits(channel, amount)
    if channel.custody is Custody.AGENT and agent is not None:
        check_ceiling(session, agent, amount)
    return amount


def _check_limits(channel: PaymentChannel, amount: int) -> None:
    limits = channel.limits
    if not limits.min_idr <= amount <= limits.max_idr:
        raise Refused(
            "Cara bayar ini menerima {min_idr} sampai {max_idr}; tagihan ini {amount_idr}."
            " Kurangi bulannya atau pakai cara bayar lain.",
            channel=channel.name,
            min_idr=limits.min_idr,
            max_idr=limits.max_idr,
            amount_idr=amount,
        )
