"""Who of the city's workers pays by auto-debit, since when, and how that stands today."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agentsys.demo.city.copying import readable
from agentsys.demo.city.debit_days import has_rules, newest_day
from agentsys.demo.city.fates import RARE, SCRIPTS, Fate
from agentsys.demo.city.habits import Habit
from agentsys.demo.city.pricing import price_of
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import LOCAL, Times, moment
from agentsys.demo.names import FAMILY_NAMES, FIRST_NAMES
from agentsys.extension.contract import MandateEnd, MandateState
from agentsys.months import add_months, month_of
from agentsys.payments.mandate_models import Relation
from agentsys.payments.mandates.rules import LATEST_DAY
from agentsys.workers.models import Funding

PIN_FROM_IDR = 100_000  # such a debit would need the payer each month
SHARE = 3  # one in three of those who pay for themselves


_ENDS = {
    Fate.STOPPED: MandateEnd.REVOKED_BY_US,
    Fate.REVOKED: MandateEnd.REVOKED_BY_PAYER,
    Fate.EXPIRED: MandateEnd.EXPIRED,
}
S = MandateState


@dataclass(slots=True)
class Move:
    """One change of a mandate's state."""

    before: MandateState | None
    after: MandateState
    at: datetime
    by: str


@dataclass(slots=True)
class Agreed:
    """One mandate; `start` is the first month that it debits."""

    person: Resident
    fate: Fate
    start: date
    day: int
    asked_at: datetime
    reference: str
    handle: str
    relation: Relation
    holder: str  # of the account, if it is another's
    state: MandateState = S.ASKED
    consented_at: datetime | None = None
    end: MandateEnd | None = None
    ended_at: datetime | None = None
    paused_at: datetime | None = None
    paused_until: date | None = None
    next_check_at: datetime | None = None
    moves: list[Move] = field(default_factory=list)
    id: int = 0

    def enter(self, state: MandateState, at: datetime, by: str) -> None:
        """The provider, or the payer, changed the mandate's state."""
        self.moves.append(Move(self.state if self.moves else None, state, at, by))
        self.state = state

    def finish(self, end: MandateEnd, at: datetime, by: str) -> None:
        """The mandate is over."""
        self.enter(S.ENDED, at, by)
        self.end, self.ended_at, self.next_check_at = end, at, None


def agree(
    people: list[Resident], *, staff: Staff, times: Times, first_id: int, rng: random.Random
) -> dict[int, Agreed]:
    """The mandates by worker: a third of those who pay for themselves have one."""
    paying = [person for person in people if person.funding is Funding.SELF]
    able = [person for person in paying if _may_agree(person, times)]
    for person in paying:
        person.fate = person.fate if person in able else None
    chosen = [person for person in able if person.fate is not None]
    free = [person for person in able if person.agent is not staff.sari]
    many = max(0, min(len(free), len(paying) // SHARE - len(chosen)))
    fates = iter(RARE * (1 + len(paying) // 2_000))
    for person in rng.sample(free, many):
        person.fate = Fate.STEADY
        # Somebody new has no debits yet.
        if person.office_id == staff.main_id and person.from_month == times.months[0]:
            person.fate = next(fates, Fate.STEADY)
        chosen.append(person)
    found = sorted((_agreed(person, times, rng) for person in chosen), key=lambda m: m.asked_at)
    for number, mandate in enumerate(found, first_id):
        mandate.id = number
    return {mandate.person.id: mandate for mandate in found}


def _may_agree(person: Resident, times: Times) -> bool:
    """Whether the worker pays promptly, and was there before today."""
    is_prompt = person.habit is Habit.PROMPT and person.until_month is None
    without_pin = price_of(person, times.this_month).amount_idr < PIN_FROM_IDR
    is_known = bool(person.phone) and person.created_at < times.ago(days=2)
    return is_prompt and without_pin and is_known


def _agreed(person: Resident, times: Times, rng: random.Random) -> Agreed:
    assert person.fate is not None
    start = _start(person, times, rng)
    before = timedelta(days=rng.randrange(3, 25), minutes=rng.randrange(480))
    joined = person.created_at + timedelta(minutes=rng.randrange(20, 600))
    asked_at = min(max(moment(start, 1, 9 * 60) - before, joined), times.ago(hours=30))
    mandate = Agreed(
        person=person,
        fate=person.fate,
        start=start,
        day=_day(person.fate, times, rng),
        asked_at=asked_at,
        reference=f"AG{asked_at:%y%m%d}-{readable(rng.getrandbits(70), 14)}",
        handle=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        relation=rng.choices((Relation.SELF, Relation.SPOUSE, Relation.CHILD), (88, 8, 4))[0],
        holder=f"{rng.choice(FIRST_NAMES[rng.choice('LP')])} {rng.choice(FAMILY_NAMES)}",
    )
    _live(mandate, times, rng)
    return mandate


def _start(person: Resident, times: Times, rng: random.Random) -> date:
    """The first month that is debited: most agreed long ago."""
    joined = month_of(person.created_at)
    after = [month for month in times.months if month > joined and has_rules(month)]
    if not after:
        return add_months(times.this_month, 1)
    is_rare = person.fate is not Fate.STEADY
    return after[0] if is_rare or rng.random() < 0.5 else rng.choice(after)


def _day(fate: Fate, times: Times, rng: random.Random) -> int:
    """The day that the payer chose; some fates need one that was just now, or comes soon."""
    if fate in (Fate.UNREAD, Fate.UNSENT):
        return min(times.now.astimezone(LOCAL).day + 4, LATEST_DAY)
    newest = newest_day(len(SCRIPTS[fate]), times) if fate in SCRIPTS else None
    return newest or rng.randrange(1, LATEST_DAY + 1)


def _live(mandate: Agreed, times: Times, rng: random.Random) -> None:
    """Lead the mandate through its states up to now; a debit that fails may end it later."""
    fate = mandate.fate
    if fate in (Fate.ASKED, Fate.PENDING):
        mandate.asked_at = times.ago(minutes=4)
    mandate.enter(S.ASKED, mandate.asked_at, "payer")
    if fate is Fate.ASKED:
        mandate.handle, mandate.next_check_at = "", times.now
        return
    mandate.enter(S.PENDING, mandate.asked_at + timedelta(seconds=20), "sweep")
    mandate.next_check_at = times.now + timedelta(minutes=2)
    if fate is Fate.PENDING:
        return
    if fate is Fate.REFUSED:
        mandate.finish(MandateEnd.NOT_GIVEN, mandate.asked_at + timedelta(minutes=16), "sweep")
        return
    mandate.consented_at = mandate.asked_at + timedelta(minutes=4)
    mandate.enter(S.ACTIVE, mandate.consented_at, "sweep")
    mandate.next_check_at = times.now + timedelta(minutes=rng.randrange(60, 24 * 60))
    lately = max(times.ago(days=3), mandate.consented_at + timedelta(hours=1))
    if fate is Fate.SUSPENDED:
        mandate.enter(S.SUSPENDED, lately, "sweep")
    elif fate is Fate.UNCLEAR:
        mandate.enter(S.UNCLEAR, lately, "sweep")
        mandate.next_check_at = times.now + timedelta(days=1)  # to be seen until then
    elif fate is Fate.PAUSED:
        mandate.paused_at = lately
        mandate.paused_until = (times.now + timedelta(days=9)).date()
    elif fate in _ENDS:
        by = "payer" if fate is Fate.STOPPED else "sweep"
        ended_at = max(times.ago(days=12), mandate.consented_at + timedelta(hours=1))
        mandate.finish(_ENDS[fate], ended_at, by)
