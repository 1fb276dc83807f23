"""Storing the workers of the demo city, with enrolments and assignments."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city import joining
from agentsys.demo.city.copying import copy_rows
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.times import moment
from agentsys.demo.names import KELURAHAN, STREETS
from agentsys.workers import seals
from agentsys.workers.enrolment import CONSENT_VERSION
from agentsys.workers.kinds import EndReason
from agentsys.workers.nik import mask


def write(session: Session, people: list[Resident], vault: Vault) -> None:
    """Put the workers into groups, and write them, their enrolments and their assignments."""
    joining.join(session, people)
    copy_rows(session, "workers", _WORKER, (_worker_row(person, vault) for person in people))
    copy_rows(
        session,
        "enrolments",
        _ENROLMENT,
        map(_enrolment_row, people),
    )
    copy_rows(
        session,
        "assignments",
        ("worker_id", "agent_id", "from_month", "until_month"),
        _assignment_rows(people),
    )


_ENROLMENT = (
    "worker_id", "programmes", "funding", "from_month", "agreement_id", "until_month",
    "end_reason", "ended_at",
)  # fmt: skip


def _enrolment_row(person: Resident) -> tuple[object, ...]:
    until = person.until_month
    return (
        person.id,
        person.programmes.value,
        person.funding.value,
        person.from_month,
        person.agreement_id,
        until,
        EndReason.WISHED.value if until else None,
        moment(until, 1, 12 * 60) if until else None,
    )


def _assignment_rows(people: list[Resident]) -> Iterator[tuple[object, ...]]:
    for person in people:
        first = person.from_month
        if person.earlier is not None and person.handed_over is not None:
            yield person.id, person.earlier.id, first, person.handed_over
            first = person.handed_over
        if person.agent is not None:
            yield person.id, person.agent.id, first, None


_WORKER = (
    "id", "nik_sealed", "nik_index", "nik_masked", "name", "birth_place", "birth_date", "sex",
    "phone", "job", "sector", "business", "address", "kelurahan", "kecamatan", "income_idr", "kpj",
    "new_to_bpu", "office_id", "agent_id", "roster_id", "consent_text", "consent_at", "created_at",
    "updated_at", "ecosystem", "group_id", "registration", "registered_how",
)  # fmt: skip


def _worker_row(person: Resident, vault: Vault) -> tuple[object, ...]:
    kelurahan, kecamatan, _ = KELURAHAN[person.place]
    number = person.id % 90 + 1
    business = f"{person.trade.business} {person.name.split()[0]}" if person.trade.business else ""
    index = vault.index(person.nik)
    return (
        person.id,
        vault.seal(person.nik, seals.nik_of(index)),
        index,
        mask(person.nik),
        person.name,
        "Tanjung Selaras",
        person.birth_date,
        person.sex,
        person.phone,
        person.trade.job,
        person.sector.value,
        business,
        f"{STREETS[person.id % len(STREETS)]} No. {number} RT {number % 30 + 1:03d}",
        kelurahan,
        kecamatan,
        person.income_idr,
        # BPJS assigns the number after the first contribution; new workers have none yet.
        f"26{person.id:09d}" if person.id % 29 else "",
        person.new_to_bpu.value,
        person.office_id,
        person.agent.id if person.agent else None,
        person.roster_id,
        CONSENT_VERSION,
        person.created_at,
        person.created_at,
        person.created_at,
        person.ecosystem.value if person.ecosystem else None,
        person.group_id,
        *(("registered", "portal") if person.id % 29 else ("waiting", None)),
    )
