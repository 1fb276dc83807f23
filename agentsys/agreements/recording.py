"""Recording sponsors, and putting their agreements in force by two persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import rules
from agentsys.agreements.kinds import AgreementState, PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, Sponsor
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.months import add_months
from agentsys.names import tidy_name
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.offices import check_open
from agentsys.people.permissions import Permission
from agentsys.workers.kinds import Programmes

LONGEST_MONTHS = 60
_LONGEST = {
    "address": 200,
    "contact_name": 120,
    "contact_phone": 30,
    "contact_email": 254,
    "treasurer": 120,
}


@dataclass(frozen=True, kw_only=True)
class SponsorDetails:
    """What is known about a sponsor."""

    kind: SponsorKind
    name: str
    address: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    treasurer: str = ""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a sponsor and the office agreed. `last_month` is the last one that is paid."""

    number: str
    signed_on: date
    programmes: Programmes
    price_basis: PriceBasis
    from_month: date
    last_month: date
    most_people: int | None = None
    most_idr: int | None = None
    note: str = ""


def add_sponsor(
    session: Session, *, office_id: int, details: SponsorDetails, actor_id: int
) -> Sponsor:
    """Record a sponsor of an office; Conflict if the office has one of that name."""
    actor = _actor(session, actor_id, office_id, Permission.SPONSOR_RECORD)
    check_open(session, office_id)
    sponsor = Sponsor(office_id=office_id, made_by=actor.id, **_checked(details))
    _free_name(session, sponsor)
    session.add(sponsor)
    session.flush()
    _record(session, f"sponsor:{sponsor.id}", "sponsor.added", actor, {"name": sponsor.name})
    return sponsor


def change_sponsor(
    session: Session, *, sponsor_id: int, details: SponsorDetails, actor_id: int
) -> Sponsor:
    """Correct what is known about a sponsor; the kind stays once there is an agreement."""
    sponsor = session.get(Sponsor, sponsor_id, with_for_update=True)
    if sponsor is None:
        raise NotFound()
    actor = _actor(session, actor_id, sponsor.office_id, Permission.SPONSOR_RECORD)
    after = _checked(details)
    has_one = select(Agreement.id).where(Agreement.sponsor_id == sponsor_id).limit(1)
    if after["kind"] is not sponsor.kind and session.scalar(has_one) is not None:
        raise Conflict(
            "Jenis sponsor menentukan harga perjanjiannya, jadi tidak dapat diganti lagi. Catat"
            " sponsor baru."
        )
    before = {name: getattr(sponsor, name) for name in after}
    for name, value in after.items():
        setattr(sponsor, name, value)
    _free_name(session, sponsor)
    session.flush()
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    _record(session, f"sponsor:{sponsor.id}", "sponsor.changed", actor, changed)
    return sponsor


def propose(session: Session, *, sponsor_id: int, terms: Terms, actor_id: int) -> Agreement:
    """Propose an agreement; it pays for nobody until a second person has put it in force."""
    sponsor = session.get(Sponsor, sponsor_id)
    if sponsor is None:
        raise NotFound()
    actor = _actor(session, actor_id, sponsor.office_id, Permission.SPONSOR_RECORD)
    check_open(session, sponsor.office_id)
    number = " ".join(terms.number.replace("\0", "").split())
    _check_terms(number, terms)
    same = select(Agreement.id).where(
        Agreement.sponsor_id == sponsor_id,
        func.lower(Agreement.number) == number.lower(),
        Agreement.state.not_in((AgreementState.REFUSED, AgreementState.WITHDRAWN)),
    )
    if session.scalar(same) is not None:
        raise Conflict("Perjanjian dengan nomor itu sudah ada pada sponsor ini.", about="number")
    agreement = Agreement(
        sponsor_id=sponsor_id,
        office_id=sponsor.office_id,
        number=number,
        signed_on=terms.signed_on,
        funding=sponsor.kind.funding,
        programmes=terms.programmes,
        price_basis=terms.price_basis,
        from_month=terms.from_month,
        until_month=add_months(terms.last_month, 1),
        most_people=terms.most_people,
        most_idr=terms.most_idr,
        priority=rules.priority(sponsor.kind, terms.from_month),
        note=" ".join(terms.note.replace("\0", "").split())[:200],
        made_by=actor.id,
    )
    session.add(agreement)
    session.flush()
    _tell(session, agreement, "proposed", actor)
    return agreement


def decide(session: Session, *, agreement_id: int, approve: bool, actor_id: int) -> Agreement:
    """Put an agreement in force as a second person, or refuse it."""
    agreement, actor = take(session, agreement_id, actor_id, Permission.AGREEMENT_APPROVE)
    _expect(agreement, AgreementState.PROPOSED)
    if approve:
        if actor.id == agreement.made_by:
            raise Forbidden("Perjanjian diberlakukan orang lain, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[agreement.made_by])
    agreement.state = AgreementState.IN_FORCE if approve else AgreementState.REFUSED
    agreement.decided_by = actor.id if actor.id != agreement.made_by else None
    agreement.decided_at = clock.now()
    session.flush()
    _tell(session, agreement, "approved" if approve else "refused", actor)
    return agreement


def withdraw(session: Session, *, agreement_id: int, actor_id: int) -> Agreement:
    """Take back a proposed agreement; only who proposed it may."""
    agreement, actor = take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    _expect(agreement, AgreementState.PROPOSED)
    if agreement.made_by != actor.id:
        raise Forbidden("Usul hanya ditarik oleh yang mengusulkan.")
    agreement.state = AgreementState.WITHDRAWN
    session.flush()
    _tell(session, agreement, "withdrawn", actor)
    return agreement


def take(
    session: Session, agreement_id: int, actor_id: int, permission: Permission
) -> tuple[Agreement, User]:
    """The agreement, locked, and the user, who may do that in its office."""
    agreement = session.get(Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if agreement is None:
        raise NotFound()
    return agreement, _actor(session, actor_id, agreement.office_id, permission)


def in_force(session: Session, agreement_id: int, *, lock: bool = False) -> Agreement:
    """An agreement that is in force; Conflict if it is not."""
    agreement = session.get(
        Agreement, agreement_id, with_for_update=lock or None, populate_existing=lock
    )
    if agreement is None:
        raise NotFound()
    _expect(agreement, AgreementState.IN_FORCE)
    return agreement


def _expect(agreement: Agreement, state: AgreementState) -> None:
    if agreement.state is not state:
        raise Conflict("Keadaan perjanjian ini sudah berubah. Muat ulang halamannya.")


def _checked(details: SponsorDetails) -> dict[str, object]:
    values = asdict(details)
    values["name"] = tidy_name(details.name)
    if not 1 <= len(str(values["name"])) <= 160:
        raise Invalid("Isi nama sponsor, paling banyak 160 huruf.", about="name")
    for name, most in _LONGEST.items():
        text = " ".join(str(values[name]).replace("\0", "").split())
        if len(text) > most:
            raise Invalid("Paling banyak {most} huruf.", most=most, about=name)
        values[name] = text
    return values


def _check_terms(number: str, terms: Terms) -> None:
    if not 1 <= len(number) <= 80:
        raise Invalid("Isi nomor perjanjian, paling banyak 80 huruf.", about="number")
    if terms.from_month.day != 1 or terms.last_month.day != 1:
        raise Invalid("Bulan iuran ditulis seperti 2026-11.")
    months = (terms.last_month.year - terms.from_month.year) * 12
    months += terms.last_month.month - terms.from_month.month + 1
    if not 1 <= months <= LONGEST_MONTHS:
        raise Invalid(
            "Bulan terakhir harus sesudah bulan mulai, paling lama {most} bulan.",
            most=LONGEST_MONTHS,
            about="last_month",
        )
    if terms.most_people is not None and terms.most_people < 1:
        raise Invalid("Batas orang paling sedikit 1, atau kosongkan.", about="most_people")
    if terms.most_idr is not None and terms.most_idr < 1:
        raise Invalid("Batas rupiah paling sedikit Rp1, atau kosongkan.", about="most_idr")


def _free_name(session: Session, sponsor: Sponsor) -> None:
    with session.no_autoflush:
        other = session.scalar(
            select(Sponsor.id).where(
                Sponsor.office_id == sponsor.office_id,
                func.lower(Sponsor.name) == sponsor.name.lower(),
                Sponsor.id.is_distinct_from(sponsor.id),
            )
        )
    if other is not None:
        raise Conflict("Sponsor dengan nama itu sudah ada di kantor ini.", about="name")


def _actor(session: Session, actor_id: int, office_id: int, permission: Permission) -> User:
    actor = session.get_one(User, actor_id)
    if actor.office_id not in (office_id, None):
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden()
    return actor


def _tell(session: Session, agreement: Agreement, what: str, actor: User) -> None:
    details = {
        "number": agreement.number,
        "sponsor_id": agreement.sponsor_id,
        "from_month": agreement.from_month,
        "until_month": agreement.until_month,
        "most_people": agreement.most_people,
        "most_idr": agreement.most_idr,
    }
    _record(session, f"agreement:{agreement.id}", f"agreement.{what}", actor, details)


def _record(
    session: Session, subject: str, action: str, actor: User, details: Mapping[str, object]
) -> None:
    trail.record(session, actor_id=actor.id, action=action, subject=subject, details=details)
