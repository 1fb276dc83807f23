"""Enrolling a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.events import record as events
from agentsys.extension.events import WorkerEnrolled
from agentsys.messages import Message
from agentsys.names import tidy_name
from agentsys.people import substitutes
from agentsys.people.models import Agent, AgentStatus
from agentsys.workers import earlier_niks, eligibility, family_card, groups, identity, seals
from agentsys.workers.columns import NAMES
from agentsys.workers.eligibility import Finding, Rule
from agentsys.workers.kinds import Ecosystem, Work
from agentsys.workers.models import (
    Assignment,
    Enrolment,
    Funding,
    NewToBpu,
    Programmes,
    Sector,
    Worker,
)
from agentsys.workers.nik import Nik, normalise, parse
from agentsys.workers.phone import normalise_phone

# The version is stored with each worker; a changed text gets a new one, and the old one stays here.
CONSENT_VERSION = "2026-12"
CONSENT = (
    "Saya setuju {controller} mencatat data saya dan meneruskannya kepada BPJS Ketenagakerjaan dan"
    " penyedia pembayaran, untuk kepesertaan dan iuran saya. Data disimpan selama saya menjadi"
    " peserta; catatan uangnya disimpan 10 tahun. Saya boleh meminta salinan, perbaikan, atau"
    " penghapusan data, dan menarik persetujuan ini, kepada {controller}."
)
EARLIER_CONSENTS = {
    "2026-11": "Saya setuju data saya dicatat dan dipakai untuk kepesertaan BPJS Ketenagakerjaan"
    " serta penagihan iurannya. Saya boleh meminta salinan, perbaikan, atau penghapusan data saya."
}
ATTESTATION = "Pekerja ini benar-benar masih bekerja, dan saya sudah mencocokkan KTP-nya."


def consent_to(controller: str) -> Message:
    """What a worker consents to; it names who is responsible for the data."""
    return Message(text=CONSENT, values={"controller": controller})


def consent_of(version: str, controller: str) -> Message | None:
    """The words of a version of the consent text; None if there is no such version."""
    if version == CONSENT_VERSION:
        return consent_to(controller)
    words = EARLIER_CONSENTS.get(version)
    return None if words is None else Message(text=words)


class AlreadyRegistered(Conflict):
    """The NIK belongs to a registered worker."""

    text = "Pekerja ini sudah terdaftar."


@dataclass(frozen=True, kw_only=True, repr=False)
class NewWorker:
    """Data for an enrolment; without birth date or sex, those in the NIK are used."""

    nik: str
    name: str
    birth_date: date | None = None
    sex: str = ""
    birth_place: str = ""
    kk: str = ""
    phone: str = ""
    sector: Sector = Sector.OTHER
    plain: Mapping[str, str] = field(default_factory=dict)  # by the names of `columns.PLAIN`
    income_idr: int = 0
    programmes: Programmes = Programmes.TWO
    funding: Funding = Funding.SELF
    work: Work | None = None  # what the worker answered; None if nobody asked
    ecosystem: Ecosystem | None = None  # None: not recorded, or that of the group
    group_id: int | None = None  # an open group of the agent's office
    new_to_bpu: NewToBpu = NewToBpu.UNKNOWN
    consent: str = CONSENT_VERSION


def enrol_worker(
    session: Session,
    *,
    vault: Vault,
    data: NewWorker,
    agent_id: int,
    actor_id: int | None,
    month: date,
) -> Worker:
    """Enrol and assign a new worker from a month on; Refused if the NIK is registered already."""
    agent = working_agent(session, agent_id)
    substitutes.check_at_work(session, agent_id=agent_id)
    nik = identified(data)
    columns = _columns(data, nik, vault)
    found = findings(data, born=data.birth_date or nik.birth_date)
    eligibility.refuse(found)
    member = groups.checked(
        session, office_id=agent.office_id, ecosystem=data.ecosystem, group_id=data.group_id
    )
    values = columns | {
        **member._asdict(),
        "office_id": agent.office_id,
        "agent_id": agent.id,
        "consent_text": data.consent,
        "consent_at": clock.now(),
    }
    _refuse_earlier_nik(session, values["nik_index"], values["birth_date"], agent)
    if (worker_id := _registered(session, values)) is None:
        raise _already(session, Worker.nik_index == values["nik_index"], agent)
    session.add(
        Enrolment(
            worker_id=worker_id,
            programmes=data.programmes,
            funding=data.funding,
            from_month=month,
        )
    )
    session.add(Assignment(worker_id=worker_id, agent_id=agent.id, from_month=month))
    session.flush()
    happened = WorkerEnrolled(
        office_id=agent.office_id,
        agent_id=agent.id,
        worker_id=worker_id,
        month=month,
        programmes=data.programmes,
    )
    _record(session, happened, data, found, actor_id)
    return session.get_one(Worker, worker_id)


def identified(data: NewWorker) -> Nik:
    """The NIK of somebody whose name, birth date, sex and numbers can be so; Invalid otherwise."""
    nik = parse(data.nik, born=data.birth_date)
    identity.check(
        nik,
        name=tidy_name(data.name),
        birth_date=data.birth_date or nik.birth_date,
        sex=data.sex or nik.sex,
        kk=normalise(data.kk),
        today=clock.now().date(),
    )
    return nik


def findings(data: NewWorker, *, born: date) -> tuple[Finding, ...]:
    """What the rules of eligibility say today about somebody born on that day."""
    return eligibility.rules_on(clock.now().date()).find(
        born=born,
        job=data.plain.get("job", ""),
        income_idr=data.income_idr or None,
        programmes=data.programmes,
        work=data.work,
    )


def _record(
    session: Session,
    happened: WorkerEnrolled,
    data: NewWorker,
    found: tuple[Finding, ...],
    actor_id: int | None,
) -> None:
    details: dict[str, object] = {
        "agent_id": happened.agent_id,
        "month": happened.month,
        "programmes": happened.programmes,
        "consent": data.consent,
        "attested": ATTESTATION,
    }
    if data.work is not None:
        details["work"] = data.work
    if found:
        details["warned"] = [finding.rule.value for finding in found]
    trail.record(
        session,
        actor_id=actor_id,
        action="worker.enrolled",
        subject=f"worker:{happened.worker_id}",
        details=details,
    )
    events.record(session, happened, actor_id=actor_id)


def working_agent(session: Session, agent_id: int) -> Agent:
    """The agent, if active; otherwise Forbidden."""
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound(agent_id=agent_id)
    if agent.status is AgentStatus.CANDIDATE:
        raise Forbidden("Calon agen belum diangkat, jadi belum dapat mendaftarkan pekerja.")
    if agent.status is not AgentStatus.ACTIVE:
        raise Forbidden("Agen ini sedang tidak aktif. Minta admin mengaktifkannya lebih dulu.")
    return agent


def _columns(data: NewWorker, nik: Nik, vault: Vault) -> dict[str, Any]:
    if data.income_idr < 0:
        raise Invalid("Penghasilan tidak boleh kurang dari nol.", about="income_idr")
    name = tidy_name(data.name)
    born, sex = data.birth_date or nik.birth_date, data.sex or nik.sex
    kk = family_card.parse(data.kk)
    phone = normalise_phone(data.phone)
    if data.phone.strip() and not phone:
        raise Invalid(
            "Nomor HP tidak dikenal. Tulis nomor ponsel seperti 0812…, atau kosongkan.",
            about="phone",
        )
    texts = {"birth_place": data.birth_place, **dict.fromkeys(NAMES, ""), **data.plain}
    index = vault.index(nik.text)
    return {
        "nik_sealed": vault.seal(nik.text, seals.nik_of(index)),
        "nik_index": index,
        "nik_masked": nik.masked,
        "kk_sealed": vault.seal(kk, seals.kk_of(index)) if kk else None,
        "kk_index": vault.index(kk) if kk else None,
        "name": name,
        "birth_date": born,
        "sex": sex,
        "phone": phone,
        "sector": data.sector,
        "work": data.work,
        "income_idr": data.income_idr,
        "new_to_bpu": data.new_to_bpu,
        **{column: " ".join(text.split()) for column, text in texts.items()},
    }


def _registered(session: Session, values: dict[str, object]) -> int | None:
    """The id of a new worker; None if the NIK is known, Conflict while it is being imported."""
    try:
        worker_id: int | None = session.scalar(
            insert(Worker)
            .values(values)
            .on_conflict_do_nothing(index_elements=["nik_index"])
            .returning(Worker.id)
        )
    except DBAPIError as error:
        # Only an import has such a long transaction, so the NIK is in a running import.
        if isinstance(error.orig, LockNotAvailable):
            raise Conflict(
                "NIK ini ada dalam daftar pekerja yang sedang diimpor. Tunggu sampai impornya"
                " selesai, lalu coba lagi."
            ) from error
        raise
    return worker_id


def _refuse_earlier_nik(session: Session, index: bytes, birth_date: date, agent: Agent) -> None:
    """Refuse a NIK that was corrected: the person is registered under the right one."""
    known = earlier_niks.worker_id_of(session, index=index, birth_date=birth_date)
    if known is not None:
        raise _already(session, Worker.id == known, agent)


def _already(session: Session, which: ColumnElement[bool], agent: Agent) -> AlreadyRegistered:
    """The message about a registered NIK; it does not reveal the agent, unless it is one's own."""
    theirs = session.scalar(select(Worker.id).where(which, Worker.agent_id == agent.id))
    if theirs is not None:
        return AlreadyRegistered(
            "Pekerja dengan NIK ini sudah ada di daftar Anda. Cari namanya di daftar pekerja.",
            worker_id=theirs,
        )
    return AlreadyRegistered(eligibility.SAY[Rule.DOUBLE_MEMBERSHIP])
