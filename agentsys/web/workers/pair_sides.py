"""What is compared of two workers who may be one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agentsys.contributions import arrears
from agentsys.duplicates.queries import PairRow, Side
from agentsys.extension.contract import MandateState
from agentsys.memberships import queries as memberships
from agentsys.payments import worker_money
from agentsys.payments.mandates import queries as mandate_queries
from agentsys.web.state_words import state_word
from agentsys.web.texts import day, month, num, rp
from agentsys.web.workers.change_words import SEX


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of the comparison."""

    label: str
    first: str
    second: str

    @property
    def same(self) -> bool:
        """Whether both have the same, not empty."""
        return self.first == self.second and self.first not in ("", "–")


def facts(session: Session, pair: PairRow) -> list[Fact]:
    """The lines of the comparison; a worker of another office has a dash everywhere."""
    first, second = ([*_who(side), *_money(session, side)] for side in pair.sides)
    return [
        Fact(label=label, first=one, second=other)
        for (label, one), (_label, other) in zip(first, second, strict=True)
    ]


def _who(side: Side) -> list[tuple[str, str]]:
    born = day(side.birth_date) if side.birth_date else ""
    recorded = day(side.created_at) if side.created_at else ""
    return [
        ("NIK", side.nik_masked or "–"),
        (_("Nomor KPJ"), side.kpj or "–"),
        (_("Tanggal lahir"), born or "–"),
        (_("Jenis kelamin"), str(SEX[side.sex]) if side.sex else "–"),
        (_("Nomor HP"), side.phone or "–"),
        (_("Kelurahan"), side.kelurahan or "–"),
        (_("Kantor"), side.office_name),
        (_("Agen"), side.agent_name or "–"),
        (_("Dicatat"), recorded or "–"),
    ]


def _money(session: Session, side: Side) -> list[tuple[str, str]]:
    labels = (
        _("Kepesertaan"),
        _("LUNAS di BPJS sampai"),
        _("Bulan belum dibayar"),
        _("Pembayaran terakhir"),
        _("Debit otomatis"),
    )
    values: Any = ("–",) * len(labels) if side.hidden else _values(session, side.worker_id)
    return list(zip(labels, values, strict=True))


def _values(session: Session, worker_id: int) -> tuple[str, ...]:
    membership = memberships.membership_of(session, worker_id=worker_id)
    standing = str(state_word("membership", membership.standing).text)
    since = f", {_('mulai')} {month(membership.from_month)}" if membership.from_month else ""
    paid_until = membership.coverage.paid_until
    open_months = arrears.open_months(session, worker_id=worker_id)
    last = next(iter(worker_money.payments(session, worker_id=worker_id, limit=1)), None)
    mandates = [
        str(state_word("mandate", each.state).text)
        for each in mandate_queries.mandates_of(session, worker_id=worker_id)
        if each.state is not MandateState.ENDED
    ]
    owed_idr = sum(each.amount_idr for each in open_months)
    return (
        standing + since,
        day(paid_until) if paid_until else "–",
        f"{num(len(open_months))} ({rp(owed_idr)})" if open_months else "–",
        f"{rp(last.amount_idr)}, {day(last.at)}" if last else "–",
        ", ".join(mandates) or "–",
    )
