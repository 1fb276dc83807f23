"""Adding and changing offices."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.people.models import Office

ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
DEFAULT_ZONE = "Asia/Makassar"
_LONGEST = {"code": 20, "name": 120, "city": 80}
_MISSING = {
    "code": "Isi kode kantor, paling banyak 20 huruf, misalnya KOTA.",
    "name": "Isi nama kantor, paling banyak 120 huruf.",
    "city": "Isi kota atau kabupaten kantor, paling banyak 80 huruf.",
}


class OfficeCodeTaken(Conflict):
    """Another office has the code."""

    text = "Kode kantor itu sudah dipakai kantor lain. Pilih kode lain."


def add_office(
    session: Session,
    *,
    code: str,
    name: str,
    city: str,
    zone: str = DEFAULT_ZONE,
    actor_id: int | None,
) -> Office:
    """A new office; Invalid or OfficeCodeTaken say what to change."""
    values = _checked(code=code, name=name, city=city, zone=zone)
    _check_free(session, values["code"], but=None)
    office = Office(**values)
    session.add(office)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="office.added",
        subject=f"office:{office.id}",
        details=values,
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
    actor_id: int,
) -> Office:
    """Change an office's details; the audit trail records them before and after."""
    office = session.get(
        Office, office_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if office is None:
        raise NotFound()
    wanted = _checked(code=code, name=name, city=city, zone=zone)
    _check_free(session, wanted["code"], but=office.id)
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
