"""The fields of a worker that people may change: which at once, and which as a proposal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date

from agentsys import clock
from agentsys.errors import Invalid
from agentsys.names import tidy_name, visible
from agentsys.workers import identity
from agentsys.workers.columns import PLAIN
from agentsys.workers.kinds import Ecosystem, Funding, Programmes, Sector, Work
from agentsys.workers.models import Enrolment, Worker
from agentsys.workers.phone import normalise_phone

# At once, by whoever may change the worker: they move neither money nor identity.
AT_ONCE: dict[str, int] = {  # and how many letters each may have
    "phone": 20,
    "birth_place": 80,
    **{column.name: column.most for column in PLAIN},
}
# At once too, but not plain texts: how somebody works, in which ecosystem and group (its id), and
# the number of the family card.
WORK, ECOSYSTEM, GROUP, KK = "work", "ecosystem", "group", "kk"
_CHOSEN = {WORK: Work, ECOSYSTEM: Ecosystem}
IDENTITY = ("nik", "name", "birth_date", "sex")
OF_WORKER = ("sector", "income_idr")  # make the price
OF_ENROLMENT = ("programmes", "funding")  # make the price, and belong to months
MONEY = (*OF_WORKER, *OF_ENROLMENT)
PROPOSED = (*IDENTITY, *MONEY)


def read_at_once(worker: Worker) -> dict[str, str]:
    """The worker's fields that change at once, as texts; without the KK number."""
    texts = {name: getattr(worker, name) for name in AT_ONCE}
    return texts | {
        WORK: worker.work.value if worker.work else "",
        ECOSYSTEM: worker.ecosystem.value if worker.ecosystem else "",
        GROUP: str(worker.group_id or ""),
    }


def version_at_once(worker: Worker) -> str:
    """A short text that differs if any field that changes at once does, the KK number too."""
    kk = worker.kk_index.hex() if worker.kk_index else ""
    return version_of(read_at_once(worker) | {KK: kk})


def read_proposed(worker: Worker, enrolment: Enrolment | None) -> dict[str, str]:
    """The worker's fields that change by a proposal, as texts; the NIK masked."""
    return {
        "nik": worker.nik_masked,
        "name": worker.name,
        "birth_date": worker.birth_date.isoformat(),
        "sex": worker.sex,
        "sector": worker.sector.value,
        "income_idr": str(worker.income_idr),
        "programmes": enrolment.programmes.value if enrolment else "",
        "funding": enrolment.funding.value if enrolment else "",
    }


def version_of(values: Mapping[str, str]) -> str:
    """A short text that differs if any value does: what a form was filled in for."""
    listed = "\n".join(f"{name}={value}" for name, value in sorted(values.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def tidy_at_once(name: str, text: str) -> str:
    """The value of a field that changes at once; Invalid names the field."""
    text = visible(text.replace("\0", ""))
    if name in _CHOSEN or name == GROUP:
        right = text.isdecimal() if name == GROUP else text in set(_CHOSEN[name])
        if text and not (right and text.isascii()):
            raise Invalid("Isian belum benar. Periksa lagi.", about=name)
        return text
    if name == "phone":
        phone = normalise_phone(text)
        if text and not phone:
            raise Invalid(
                "Nomor HP tidak dikenal. Tulis nomor ponsel seperti 0812…, atau kosongkan.",
                about="phone",
            )
        return phone
    if len(text) > AT_ONCE[name]:
        raise Invalid(
            "Terlalu panjang: paling banyak {most} huruf.", most=AT_ONCE[name], about=name
        )
    return text


def tidy_proposed(name: str, text: str) -> str:
    """The value of a proposed field, as it is stored; Invalid names the field."""
    try:
        return _READ[name](text.replace("\0", "").strip())
    except (ValueError, KeyError) as error:
        raise Invalid("Isian belum benar. Periksa lagi.", about=name) from error


def _name(text: str) -> str:
    name = tidy_name(text)
    _refuse(identity.name_problem(name))
    return name


def _birth_date(text: str) -> str:
    born = date.fromisoformat(text)
    _refuse(identity.birth_date_problem(born, clock.now().date()))
    return born.isoformat()


def _refuse(wrong: identity.Wrong | None) -> None:
    if wrong is not None:
        raise Invalid(wrong.sentence, about=wrong.about)


def _income(text: str) -> str:
    income = int(text)
    if income < 0:
        raise Invalid("Penghasilan tidak boleh kurang dari nol.", about="income_idr")
    return str(income)


_READ: dict[str, Callable[[str], str]] = {
    "name": _name,
    "birth_date": _birth_date,
    "sex": lambda text: {"L": "L", "P": "P"}[text],
    "sector": lambda text: Sector(text).value,
    "income_idr": _income,
    "programmes": lambda text: Programmes(text).value,
    "funding": lambda text: Funding(text).value,
}
