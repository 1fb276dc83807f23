"""People of the demo city who are recorded twice, each in another way."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city.first_agent import SCRIPTED, SCRIPTED_DEBITS, WORKERS_OF_SARI
from agentsys.demo.city.residents import Resident
from agentsys.duplicates import finding


def record_twice(people: list[Resident]) -> list[int]:
    """Make three residents look like others of their office; the ids of the three."""
    taken = {person.nik for person in people}
    of_sari = people[len(SCRIPTED) + len(SCRIPTED_DEBITS) : WORKERS_OF_SARI]
    office_id = people[0].office_id
    others = [p for p in people[WORKERS_OF_SARI:] if p.office_id == office_id and p.agent]
    if len(others) < 4 or len(of_sari) < 2:
        return []
    pairs = [(of_sari[0], others[0]), (of_sari[1], others[1]), (others[2], others[3])]
    for person, double in pairs:
        double.name, double.sex, double.birth_date = person.name, person.sex, person.birth_date
        double.nik = _near(person.nik, taken)
        taken.add(double.nik)
    # One was enrolled with a mistyped NIK and name; one has the same phone too.
    pairs[0][1].name = _mistyped(pairs[0][0].name)
    pairs[1][1].phone = pairs[1][0].phone
    return [double.id for _person, double in pairs]


def compare(session: Session, vault: Vault, worker_ids: list[int]) -> None:
    """Find their pairs at once, so that their page is not empty until the job has run."""
    finding.check(session, vault=vault, worker_ids=worker_ids)


def _near(nik: str, taken: set[str]) -> str:
    """A NIK with another last digit that nobody has."""
    return next(found for digit in "1234567890" if (found := nik[:-1] + digit) not in taken | {nik})


def _mistyped(name: str) -> str:
    """The name with its last letter twice."""
    return name + name[-1].lower()
