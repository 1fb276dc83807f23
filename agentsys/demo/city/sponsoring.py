"""The city as a sponsor: its agreement, its two lists, and a bill for each month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from agentsys.agreements import rules
from agentsys.agreements.kinds import (
    AgreementState,
    BillState,
    PriceBasis,
    SponsorKind,
    VersionState,
)
from agentsys.agreements.models import Agreement, Bill, ListVersion, Sponsor
from agentsys.demo.city.collecting import Collected, Due
from agentsys.demo.city.copying import copy_rows, next_id
from agentsys.demo.city.habits import Habit
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.money import share
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.workers.models import Programmes

NAME = "Pemerintah Kota Selaras"
MONTHS_AHEAD = 8  # that the agreement still pays
SPARE_PERCENT = 6  # more places than people: the city keeps some for replacements
LOWEST_IDR = 16_800  # of two programmes without a discount, for the size of the budget


@dataclass
class CitySponsor:
    """The agreement of the city."""

    office_id: int
    agreement_id: int
    paid_to: int  # the user who sends the bills, and records what the city transfers


def agree(session: Session, people: list[Resident], *, staff: Staff, times: Times) -> CitySponsor:
    """Store the agreement and its lists, and note it with the workers whom it pays for."""
    named = [person for person in people if person.habit is Habit.SPONSORED]
    first = times.months[0]
    signed = moment(first, 1, 9 * 60) - timedelta(days=20)
    sponsor = _sponsor(session, staff, signed)
    until = add_months(times.this_month, MONTHS_AHEAD)
    places = len(named) + max(5, share(len(named), SPARE_PERCENT))
    months = len(times.months) + MONTHS_AHEAD - 1
    agreement = Agreement(
        id=next_id(session, "agreements"),
        sponsor_id=sponsor.id,
        office_id=staff.main_id,
        number=f"500.15/{100 + len(named) % 100}/PKS/{first.year}",
        signed_on=signed.date(),
        funding=SponsorKind.CITY.funding,
        programmes=Programmes.TWO,
        price_basis=PriceBasis.LOWEST,
        from_month=first,
        until_month=until,
        most_people=places,
        most_idr=places * LOWEST_IDR * months,
        priority=rules.priority(SponsorKind.CITY, first),
        note="Perwali tentang pekerja rentan",
        state=AgreementState.IN_FORCE,
        made_by=staff.finance[staff.main_id],
        made_at=signed,
        decided_by=staff.admin_id,
        decided_at=signed + timedelta(hours=5),
    )
    session.add(agreement)
    session.flush()
    for person in named:
        person.agreement_id = agreement.id
    _lists(session, agreement, named, staff)
    return CitySponsor(staff.main_id, agreement.id, staff.finance[staff.main_id])


def _sponsor(session: Session, staff: Staff, at: datetime) -> Sponsor:
    sponsor = Sponsor(
        id=next_id(session, "sponsors"),
        office_id=staff.main_id,
        kind=SponsorKind.CITY,
        name=NAME,
        address="Jl. Balai Kota No. 1, Tanjung Selaras",
        contact_name="Rina Kusuma (Dinas Tenaga Kerja)",
        contact_phone="+6281200008001",
        contact_email="disnaker@selaras.example",
        treasurer="Hendra Gunawan (BPKAD)",
        made_by=staff.finance[staff.main_id],
        made_at=at,
    )
    session.add(sponsor)
    session.flush()
    return sponsor


def _lists(session: Session, agreement: Agreement, named: list[Resident], staff: Staff) -> None:
    by_month: dict[date, list[Resident]] = defaultdict(list)
    for person in named:
        by_month[person.from_month].append(person)
    number = next_id(session, "list_versions")
    members: list[tuple[object, ...]] = []
    for nth, (month, people) in enumerate(sorted(by_month.items()), 1):
        at = max(person.created_at for person in people)
        session.add(
            ListVersion(
                id=number + nth - 1,
                agreement_id=agreement.id,
                number=nth,
                decree=f"SK 463/{20 + nth}/{month.year}",
                decreed_on=at.date() - timedelta(days=3),
                from_month=month,
                whole=False,
                state=VersionState.APPLIED,
                people=len(people),
                added=len(people),
                made_by=staff.finance[staff.main_id],
                made_at=at,
                decided_by=staff.finance[staff.main_id],
                decided_at=at,
            )
        )
        members += [(agreement.id, person.id, month, number + nth - 1, at) for person in people]
    session.flush()
    copy_rows(
        session,
        "agreement_members",
        ("agreement_id", "worker_id", "from_month", "version_id", "made_at"),
        members,
    )
    copy_rows(
        session,
        "version_people",
        ("version_id", "worker_id"),
        [(version, worker) for _agreement, worker, _month, version, _at in members],
    )


def bill(session: Session, collected: Collected, *, sponsor: CitySponsor, times: Times) -> None:
    """Store a bill for each month; last month's and older ones are paid, this month's is not."""
    by_month: dict[date, list[Due]] = defaultdict(list)
    for due in collected.dues:
        if due.person.agreement_id is not None:
            by_month[due.month].append(due)
    number = next_id(session, "bills")
    for nth, (month, dues) in enumerate(sorted(by_month.items())):
        total = sum(due.price.amount_idr for due in dues)
        paid = [due for due in dues if due.payment is not None]
        sent = max(_sent_at(month, times), *(due.billed_at for due in dues))
        session.add(
            Bill(
                id=number + nth,
                agreement_id=sponsor.agreement_id,
                office_id=sponsor.office_id,
                month=month,
                state=BillState.PAID if len(paid) == len(dues) else BillState.SENT,
                people=len(dues),
                amount_idr=total,
                paid_people=len(paid),
                paid_idr=sum(due.price.amount_idr for due in paid),
                made_at=sent,
                sent_by=sponsor.paid_to,
                sent_at=sent,
                due_on=_due_on(sent),
            )
        )
        for due in dues:
            due.bill_id = number + nth
            if due.payment is not None:
                due.payment.bill_id = number + nth
    session.flush()


def _sent_at(month: date, times: Times) -> datetime:
    return min(moment(month, 2, 9 * 60), times.ago(minutes=20))


def _due_on(sent: datetime) -> date:
    day = sent.astimezone(HEAD_OFFICE).date()
    return day + timedelta(days=rules.setting(rules.Rule.DUE_DAYS, day).value)
