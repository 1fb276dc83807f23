"""Adding and changing offices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from flask_security import uia_email_mapper, uia_phone_mapper
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import Office, OfficeKind

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
DEFAULT_ZONE = "Asia/Makassar"
PKS_WARNING = timedelta(days=60)  # before the agreement with BPJS ends
_MOST_ABOVE = 10  # offices above each other
_LONGEST = {"code": 20, "name": 120, "city": 80}
_MISSING = {
    "code": "Isi kode kantor, paling banyak 20 huruf, misalnya KOTA.",
    "name": "Isi nama kantor, paling banyak 120 huruf.",
    "city": "Isi kota atau kabupaten kantor, paling banyak 80 huruf.",
}
_LONGEST_DETAIL = {
    "contact_name": 120,
    "contact_phone": 30,
    "contact_email": 254,
    "address": 200,
    "controller": 160,
    "pks_number": 60,
}


class OfficeCodeTaken(Conflict):
    """Another office has the code."""

    text = "Kode kantor itu sudah dipakai kantor lain. Pilih kode lain."


class OfficeClosed(Refused):
    """The office is closed."""

    text = "Kantor ini sudah ditutup. Buka lagi di halaman Kantor, atau pilih kantor lain."


@dataclass(frozen=True, kw_only=True)
class OfficeDetails:
    """What is known about an office besides its code, name and place."""

    kind: OfficeKind = OfficeKind.WADAH
    parent_id: int | None = None
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    address: str = ""
    controller: str = ""  # who is responsible for the workers' data; empty: the office itself
    pks_number: str = ""  # the agreement with BPJS
    pks_from: date | None = None
    pks_until: date | None = None


def add_office(
    session: Session,
    *,
    code: str,
    name: str,
    city: str,
    zone: str = DEFAULT_ZONE,
    details: OfficeDetails | None = None,
    actor_id: int | None,
) -> Office:
    """A new office; Invalid or OfficeCodeTaken say what to change."""
    values = _checked(code=code, name=name, city=city, zone=zone)
    _check_free(session, values["code"], but=None)
    more = _details(session, details, None) if details else {}
    office = Office(**values, **more)
    session.add(office)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="office.added",
        subject=f"office:{office.id}",
        details=values | {field: value for field, value in more.items() if value},
    )
    return office


def change_office(
    session: Session,
    *,
    office_id: int,
    code: str,
    name: str,
    city: str,
    zone: str,
    details: OfficeDetails | None = None,
    actor_id: int,
) -> Office:
    """Change an office, without `details` only these; the audit trail keeps before and after."""
    office = locked_office(session, office_id)
    wanted: dict[str, object] = dict(_checked(code=code, name=name, city=city, zone=zone))
    _check_free(session, str(wanted["code"]), but=office.id)
    if details is not None:
        wanted |= _details(session, details, office)
    changed = {
        field: [getattr(office, field), value]
        for field, value in wanted.items()
        if getattr(office, field) != value
    }
    for field, (_before, after) in changed.items():
        setattr(office, field, after)
    session.flush()
    if changed:
        trail.record(
            session,
            actor_id=actor_id,
            action="office.changed",
            subject=f"office:{office.id}",
            details=changed,
        )
    return office


def locked_office(session: Session, office_id: int) -> Office:
    """The office, locked against other changes; NotFound if there is none."""
    office = session.get(
        Office, office_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if office is None:
        raise NotFound()
    return office


def check_open(session: Session, office_id: int) -> None:
    """Raise OfficeClosed if it is; it stays open until the transaction ends."""
    query = select(Office.closed_at).where(Office.id == office_id).with_for_update(read=True)
    if session.scalar(query) is not None:
        raise OfficeClosed()


def controller() -> ColumnElement[str]:
    """Who is responsible for the data of an office's workers: the office itself if nobody else."""
    return func.coalesce(func.nullif(Office.controller, ""), Office.name)


def controller_of(session: Session, office_id: int) -> str:
    """Who is responsible for the data of the workers of one office."""
    return session.scalars(select(controller()).where(Office.id == office_id)).one()


def pks_days_left(until: date | None) -> int | None:
    """The days until the agreement ends, below zero once it has; None if that is far off."""
    if until is None:
        return None
    left = until - clock.now().astimezone(HEAD_OFFICE).date()
    return left.days if left <= PKS_WARNING else None


def _details(session: Session, given: OfficeDetails, office: Office | None) -> dict[str, object]:
    """The details after checking them; Invalid names the field."""
    values: dict[str, object] = asdict(given)
    for field, longest in _LONGEST_DETAIL.items():
        text = " ".join(str(values[field]).replace("\0", "").split())
        if len(text) > longest:
            raise Invalid("Terlalu panjang: paling banyak {most} huruf.", most=longest, about=field)
        values[field] = text
    if given.contact_phone.strip():
        number = uia_phone_mapper(given.contact_phone)
        if number is None:
            raise Invalid(
                "Nomor HP tidak dikenali. Tulis seperti 0812-3456-7890.", about="contact_phone"
            )
        values["contact_phone"] = number
    if given.contact_email.strip() and uia_email_mapper(given.contact_email.strip()) is None:
        raise Invalid("E-mail tidak dikenali. Tulis seperti nama@contoh.id.", about="contact_email")
    if given.pks_from and given.pks_until and given.pks_until < given.pks_from:
        raise Invalid("PKS berakhir sebelum mulai. Periksa tanggalnya.", about="pks_until")
    _check_parent(session, given.parent_id, office)
    return values


def _check_parent(session: Session, parent_id: int | None, office: Office | None) -> None:
    """Invalid if the office above does not exist, or is the office itself or below it."""
    above = parent_id
    for _ in range(_MOST_ABOVE):
        if above is None:
            return
        if office is not None and above == office.id:
            break
        found = session.get(Office, above)
        if found is None:
            break
        above = found.parent_id
    raise Invalid("Pilih kantor induk lain: kantor tidak berada di bawah dirinya.", about="parent")


def _checked(*, zone: str, **words: str) -> dict[str, str]:
    """The values after checking them; Invalid for the first wrong one."""
    values = {field: " ".join(text.replace("\0", "").split()) for field, text in words.items()}
    values["code"] = values["code"].upper()
    for field, longest in _LONGEST.items():
        if not 1 <= len(values[field]) <= longest:
            raise Invalid(_MISSING[field])
    if zone not in ZONES:
        raise Invalid("Pilih zona waktu: Asia/Jakarta, Asia/Makassar atau Asia/Jayapura.")
    return values | {"zone": zone}


def _check_free(session: Session, code: str, *, but: int | None) -> None:
    taken = select(Office.id).where(Office.code == code, Office.id.is_distinct_from(but))
    if session.scalar(taken) is not None:
        raise OfficeCodeTaken()
