"""What waits for people about sponsors: a company that pays late, and a village's agreement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording, rules
from agentsys.agreements.kinds import BillState, LeaveReason, PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, Bill
from agentsys.agreements.recording import SponsorDetails, Terms
from agentsys.contributions.models import Contribution
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times
from agentsys.extension.contract import Custody
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.payments import provider_queue
from agentsys.payments.lifecycle import begin
from agentsys.payments.mandate_models import MandateWorker
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.provider_models import Action
from agentsys.payments.requests import FIRST_CHECK
from agentsys.sponsors import bill_payments, bills, members, versions
from agentsys.workers.models import Enrolment, Funding, Programmes, Worker

MOST, FEWEST = 6, 3  # workers whom the company took over with their arrears
LEAVERS = 2
SENT_DAYS_AGO = 24  # more than a bill has until it is due
BANK = "bri_va"


def play(session: Session, *, staff: Staff, times: Times) -> None:
    """Let a company take over workers in arrears, and pay late; and a village propose to pay."""
    _village(session, staff)
    workers = _in_arrears(session, staff)
    if len(workers) < FEWEST:
        return  # a city of one month, where nobody is in arrears
    agreement = _company(session, staff)
    _name(session, agreement, workers, staff)
    late = _send_late(session, agreement, staff)
    _record_transfer(session, late, staff, times)
    newer = _send_newer(session, agreement, staff)
    for leaver in workers[: min(LEAVERS, len(workers) - 2)]:
        members.replace(
            session,
            agreement_id=agreement.id,
            leaver_id=leaver,
            why=LeaveReason.OWN_WISH,
            month=clock.this_month(),
            note="Surat pernyataan pekerja",
            new_id=None,
            actor_id=staff.finance[staff.main_id],
        )
    if newer is not None:
        _virtual_account(session, newer, staff, times)
    _shorter_list(session, agreement, workers[-1:], staff)
    session.flush()


def _village(session: Session, staff: Staff) -> None:
    clerk, month = staff.finance[staff.main_id], clock.this_month()
    sponsor = recording.add_sponsor(
        session,
        office_id=staff.main_id,
        details=SponsorDetails(
            kind=SponsorKind.VILLAGE,
            name="Desa Selaras Hulu",
            contact_name="Yohanes Tandi (Kaur Kesra)",
            contact_phone="+6281200008002",
            treasurer="Martha Rante (Kaur Keuangan)",
        ),
        actor_id=clerk,
    )
    recording.propose(
        session,
        sponsor_id=sponsor.id,
        terms=_terms("141/07/DSH", month, add_months(month, 11), 60, 12_096_000),
        actor_id=clerk,
    )


def _company(session: Session, staff: Staff) -> Agreement:
    """Its agreement began last month and ends with this one."""
    clerk, month = staff.finance[staff.main_id], clock.this_month()
    sponsor = recording.add_sponsor(
        session,
        office_id=staff.main_id,
        details=SponsorDetails(
            kind=SponsorKind.COMPANY,
            name="PT Pelabuhan Selaras",
            contact_name="Dian Pratama (CSR)",
            contact_phone="+6281200008003",
            contact_email="csr@pelabuhan.example",
            treasurer="Bagian Keuangan",
        ),
        actor_id=clerk,
    )
    agreement = recording.propose(
        session,
        sponsor_id=sponsor.id,
        terms=_terms("018/CSR-PS", add_months(month, -1), month, 25, 25_000_000),
        actor_id=clerk,
    )
    recording.decide(session, agreement_id=agreement.id, approve=True, actor_id=staff.admin_id)
    return agreement


def _terms(number: str, first: date, last: date, people: int, idr: int) -> Terms:
    return Terms(
        number=f"{number}/{first.year}",
        signed_on=first - timedelta(days=6),
        programmes=Programmes.TWO,
        price_basis=PriceBasis.LOWEST,
        from_month=first,
        last_month=last,
        most_people=people,
        most_idr=idr,
    )


def _in_arrears(session: Session, staff: Staff) -> Sequence[int]:
    """Self-payers who owe last month, and whose money nobody is collecting."""
    sari, _receiver, giver, *_more = staff.of_office(staff.main_id)
    last_month = add_months(clock.this_month(), -1)
    paying = exists().where(PaymentMonth.worker_id == Worker.id, PaymentMonth.live)
    debited = exists().where(MandateWorker.worker_id == Worker.id)
    runs = exists().where(
        Enrolment.worker_id == Worker.id,
        Enrolment.until_month.is_(None),
        Enrolment.from_month < last_month,
    )
    return session.scalars(
        select(Worker.id)
        .join(Contribution, Contribution.worker_id == Worker.id)
        .where(
            Worker.office_id == staff.main_id,
            Worker.agent_id != sari.id,
            Contribution.month == last_month,
            Contribution.payment_id.is_(None),
            Contribution.funding == Funding.SELF,
            runs,
            ~paying,
            ~debited,
        )
        .order_by(Worker.agent_id == giver.id, Worker.id)
        .limit(MOST)
    ).all()


def _name(session: Session, agreement: Agreement, workers: Sequence[int], staff: Staff) -> None:
    clerk = staff.finance[staff.main_id]
    version = versions.begin(
        session,
        agreement_id=agreement.id,
        decree="Lampiran 1",
        decreed_on=agreement.signed_on,
        from_month=agreement.from_month,
        whole=True,
        actor_id=clerk,
    )
    versions.put_people(session, version_id=version.id, worker_ids=workers)
    versions.apply(session, version_id=version.id, actor_id=clerk)


def _send_late(session: Session, agreement: Agreement, staff: Staff) -> Bill:
    """Send last month's bill, as if that had been some weeks ago."""
    bill = session.scalars(
        select(Bill).where(
            Bill.agreement_id == agreement.id,
            Bill.month == agreement.from_month,
            Bill.state == BillState.OPEN,
        )
    ).one()
    bills.send(session, bill_id=bill.id, actor_id=staff.finance[staff.main_id])
    sent = clock.now() - timedelta(days=SENT_DAYS_AGO)
    day = sent.astimezone(HEAD_OFFICE).date()
    bill.sent_at = bill.made_at = sent
    bill.due_on = day + timedelta(days=rules.setting(rules.Rule.DUE_DAYS, day).value)
    session.flush()
    return bill


def _record_transfer(session: Session, bill: Bill, staff: Staff, times: Times) -> None:
    """A transfer for some of its workers, which waits for a second person.

    The service would choose a reference that differs each time the city is made.
    """
    now, clerk = times.now, staff.finance[staff.main_id]
    number = f"AG{now:%y%m%d}-DEMOSPONSOR{bill.id:03}"
    payment = Payment(
        reference=number,
        key=f"demo-{number}",
        request_hash=bytes(32),
        for_bill_id=bill.id,
        office_id=bill.office_id,
        channel=bill_payments.CHANNEL,
        custody=Custody.BANK,
        amount_idr=bill.amount_idr // 2,
        provider_ref="FT26 0918 2201",
        inputs={"received_on": now.astimezone(HEAD_OFFICE).date().isoformat()},
        created_by=clerk,
        created_at=now,
    )
    begin(session, payment, by=f"user:{clerk}")


def _send_newer(session: Session, agreement: Agreement, staff: Staff) -> Bill | None:
    """Send this month's bill, if there is one; some of its workers leave after that."""
    bill = session.scalars(
        select(Bill).where(
            Bill.agreement_id == agreement.id,
            Bill.month == clock.this_month(),
            Bill.state == BillState.OPEN,
        )
    ).one_or_none()
    if bill is not None:
        bills.send(session, bill_id=bill.id, actor_id=staff.finance[staff.main_id])
    return bill


def _virtual_account(session: Session, bill: Bill, staff: Staff, times: Times) -> None:
    """A number for who is left on the bill, which the first job that runs has the gateway open."""
    now, clerk = times.now, staff.finance[staff.main_id]
    number = f"AG{now:%y%m%d}-DEMOSPONSOR{bill.id:03}"
    payment = Payment(
        reference=number,
        key=f"demo-{number}",
        request_hash=bytes(32),
        for_bill_id=bill.id,
        office_id=bill.office_id,
        channel=BANK,
        custody=Custody.PROVIDER,
        clearing="midtrans",
        amount_idr=bills.lines_of(session, bill.id, unpaid=True).amount_idr,
        created_by=clerk,
        created_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    begin(session, payment, by=f"user:{clerk}")
    provider_queue.put(session, payment, Action.START, by=f"user:{clerk}")


def _shorter_list(
    session: Session, agreement: Agreement, workers: Sequence[int], staff: Staff
) -> None:
    """A new list that lacks so many that a second person decides."""
    clerk = staff.finance[staff.main_id]
    version = versions.begin(
        session,
        agreement_id=agreement.id,
        decree="Lampiran 2",
        decreed_on=clock.now().astimezone(HEAD_OFFICE).date(),
        from_month=clock.this_month(),
        whole=True,
        actor_id=clerk,
    )
    versions.put_people(session, version_id=version.id, worker_ids=workers)
    versions.apply(session, version_id=version.id, actor_id=clerk)
