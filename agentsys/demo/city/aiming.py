"""Targets of cover of the main office: in all, by kelurahan, and by ecosystem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import cycle

from sqlalchemy.orm import Session

from agentsys.demo.city.residents import Resident
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times
from agentsys.demo.names import KELURAHAN
from agentsys.money import share
from agentsys.reports import targets

# The city is invented, and so is the decree.
SOURCE = "Keputusan Wali Kota 560/88 tentang target jaminan sosial (karangan)"
# Percent of the people who are recorded; the next place takes the next one, so that some are above
# their target and most are below it.
_PERCENT = (125, 150, 80, 180, 110, 140)


def aim(session: Session, people: Iterable[Resident], *, staff: Staff, times: Times) -> None:
    """Enter the targets that hold from the first month of the history on."""
    mine = [person for person in people if person.office_id == staff.main_id]
    places = Counter(KELURAHAN[person.place][0] for person in mine)
    kinds = Counter(person.ecosystem for person in mine if person.ecosystem is not None)
    wanted = (
        ("", None, len(mine)),
        *((name, None, count) for name, count in sorted(places.items())),
        *(("", kind, count) for kind, count in sorted(kinds.items())),
    )
    for (name, kind, count), percent in zip(wanted, cycle(_PERCENT), strict=False):
        targets.enter(
            session,
            office_id=staff.main_id,
            kelurahan=name,
            ecosystem=kind,
            people=_rounded(share(count, percent), up=percent > 100),
            from_on=times.months[0],
            source=SOURCE,
            actor_id=staff.admin_id,
        )


def _rounded(people: int, *, up: bool) -> int:
    """Rounded to a ten, away from the number of people who are recorded."""
    return -(-people // 10) * 10 if up else people // 10 * 10 or people
