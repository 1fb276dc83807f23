"""The workers of the demo city: invented people, their enrolments and their agents."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from sqlalchemy.orm import Session

from agentsys.demo.city.copying import next_id
from agentsys.demo.city.fates import Fate
from agentsys.demo.city.first_agent import SCRIPTED, SCRIPTED_DEBITS, WORKERS_OF_SARI
from agentsys.demo.city.habits import Habit, usual_habit
from agentsys.demo.city.staff import Collector, Staff
from agentsys.demo.city.times import Times, moment
from agentsys.demo.names import (
    ECOSYSTEMS,
    FAMILY_NAMES,
    FIRST_NAMES,
    KELURAHAN,
    Ecosystem,
    Trade,
)
from agentsys.workers.kinds import Ecosystem as Kind
from agentsys.workers.models import Funding, NewToBpu, Programmes, Sector
from agentsys.workers.sector import sector_of

# Of a hundred residents. BCA and Indomaret take no less than ten thousand rupiah, so nobody here.
CHANNELS = {
    "cash": 55, "qris": 16, "gopay": 10, "shopeepay": 3, "dana": 3, "ovo": 2,
    "bri_va": 4, "bni_va": 2, "mandiri_bill": 2, "alfamart": 3,
}  # fmt: skip
CAMPAIGN = 30  # new workers of one agent in one month: enough for the acquisition incentive
LAST_DAY = 8  # new workers of another agent, all on the last day of that month
SHARED_PHONE = 6
_OLDEST, _AGES = date(1962, 1, 1), 16_000  # days, up to the end of 2005


@dataclass(slots=True)
class Resident:
    """A worker of the demo city."""

    id: int
    name: str
    sex: str
    birth_date: date
    nik: str
    phone: str
    trade: Trade
    sector: Sector
    income_idr: int
    programmes: Programmes
    funding: Funding
    place: int  # index of the kelurahan
    office_id: int
    agent: Collector | None
    habit: Habit
    channel: str
    day: int  # the day of the month on which the worker pays
    from_month: date
    until_month: date | None
    created_at: datetime
    new_to_bpu: NewToBpu
    roster_id: int | None = None
    agreement_id: int | None = None  # of the sponsor who pays
    earlier: Collector | None = None  # who managed the worker before the hand-over
    handed_over: date | None = None
    fate: Fate | None = None  # of the worker's auto-debit, if there is one
    ecosystem: Kind | None = None
    group_id: int | None = None

    def agent_in(self, month: date) -> Collector | None:
        """Who manages the worker in that month."""
        if self.handed_over is not None and month < self.handed_over:
            return self.earlier
        return self.agent

    def agent_at(self, at: datetime) -> Collector | None:
        """Who managed the worker at that time."""
        if self.handed_over is not None and at < moment(self.handed_over, 1, 0):
            return self.earlier
        return self.agent


def invent(
    session: Session, *, staff: Staff, times: Times, workers: int, rng: random.Random
) -> list[Resident]:
    """Invent that many workers, distributed over ecosystems and agents; nothing is stored yet."""
    first = next_id(session, "workers")
    cast = _Casting(staff, times, rng)
    people = [cast.resident(first + number, number) for number in range(workers)]
    _add_campaigns(people, staff, times, rng)
    _hand_over(people, staff, times, rng)
    return people


@dataclass
class _Casting:
    """Invents workers."""

    staff: Staff
    times: Times
    rng: random.Random

    def __post_init__(self) -> None:
        self.others = self.staff.agents[1:]
        self.bounds = list(accumulate(e.percent for e in ECOSYSTEMS))
        self.taken: set[str] = set()

    def resident(self, number: int, nth: int) -> Resident:
        """Sari's workers first, then everybody else."""
        rng = self.rng
        ecosystem = rng.choices(ECOSYSTEMS, cum_weights=self.bounds)[0]
        agent: Collector | None
        if nth < WORKERS_OF_SARI:
            agent = self.staff.sari
            while ecosystem.sponsored:
                ecosystem = rng.choices(ECOSYSTEMS, cum_weights=self.bounds)[0]
        else:
            agent = None if ecosystem.sponsored else rng.choice(self.others)
        sex = rng.choice("LLP")
        trade = rng.choice(ecosystem.trades)
        near = agent is not None and rng.random() < 0.7
        place = agent.area if agent and near else rng.randrange(len(KELURAHAN))
        from_month = self._from_month()
        person = Resident(
            id=number,
            name=f"{rng.choice(FIRST_NAMES[sex])} {rng.choice(FAMILY_NAMES)}",
            sex=sex,
            birth_date=_OLDEST + timedelta(days=rng.randrange(_AGES)),
            nik="",
            # A household often shares one phone; some have none.
            phone="" if rng.random() < 0.06 else f"+62812{10_000 + nth - (nth % 12 == 1):08d}",
            trade=trade,
            sector=sector_of(trade.job),
            income_idr=_income(trade, rng),
            programmes=_programmes(ecosystem, rng),
            funding=Funding.APBD if ecosystem.sponsored else Funding.SELF,
            place=place,
            office_id=agent.office_id if agent else self.staff.main_id,
            agent=agent,
            habit=Habit.SPONSORED if ecosystem.sponsored else usual_habit(rng),
            channel=rng.choices(tuple(CHANNELS), tuple(CHANNELS.values()))[0],
            day=rng.randrange(1, 32),
            from_month=from_month,
            until_month=None,
            created_at=self._created(from_month),
            new_to_bpu=self._new_to_bpu(from_month),
            ecosystem=ecosystem.kind,
        )
        if nth < len(SCRIPTED):
            self._script(person, nth)
        elif nth < len(SCRIPTED) + len(SCRIPTED_DEBITS):
            self._script_debit(person, nth - len(SCRIPTED))
        if person.habit is Habit.GONE:
            self._end(person)
        person.nik = self._nik(person)
        return person

    def _script(self, person: Resident, nth: int) -> None:
        name, sex, habit, channel = SCRIPTED[nth]
        person.name, person.sex, person.habit, person.channel = name, sex, habit, channel
        person.from_month = self.times.months[0]
        person.created_at = self._created(person.from_month)
        person.day = 2 + nth % 5

    def _script_debit(self, person: Resident, nth: int) -> None:
        person.name, person.sex, person.fate = SCRIPTED_DEBITS[nth]
        person.habit, person.channel, person.day = Habit.PROMPT, "cash", 4 + nth
        person.phone = f"+6281200005{nth:03d}"
        person.income_idr = min(person.income_idr, 1_500_000)
        person.from_month = self.times.months[0]
        person.created_at = self._created(person.from_month)

    def _end(self, person: Resident) -> None:
        months = self.times.months
        if len(months) < 4 or person.from_month >= months[-3]:
            person.habit = Habit.BEHIND_2
        else:
            person.until_month = months[-2]

    def _from_month(self) -> date:
        months = self.times.months
        return months[0] if self.rng.random() < 0.75 else self.rng.choice(months)

    def _created(self, from_month: date) -> datetime:
        start = moment(from_month, 1, 8 * 60)
        if from_month == self.times.months[0]:
            return start - timedelta(minutes=self.rng.randrange(400 * 24 * 60))
        latest = min(moment(from_month, 22, 18 * 60), self.times.ago(hours=1))
        minutes = max(1, int((latest - start).total_seconds() // 60))
        return min(start + timedelta(minutes=self.rng.randrange(minutes)), latest)

    def _new_to_bpu(self, from_month: date) -> NewToBpu:
        # BPJS has answered about everybody but those who joined this month.
        weights = (80, 5, 15) if from_month == self.times.months[-1] else (85, 15, 0)
        if from_month == self.times.months[0]:
            weights = (30, 70, 0)
        return self.rng.choices(tuple(NewToBpu), weights)[0]

    def _nik(self, person: Resident) -> str:
        """Sixteen digits that agree with the birth date and sex; invented like everything here."""
        born = person.birth_date
        day = born.day + (40 if person.sex == "P" else 0)
        start = f"{KELURAHAN[person.place][2]}{day:02d}{born:%m%y}"
        while (found := f"{start}{self.rng.randrange(1, 400):04d}") in self.taken:
            pass
        self.taken.add(found)
        return found


def _add_campaigns(people: list[Resident], staff: Staff, times: Times, rng: random.Random) -> None:
    """Add signals for supervisors: a campaign, many workers on one last day, a shared phone."""
    if len(times.months) < 2:
        return
    month = times.months[-2]
    theirs = {
        agent.id: [p for p in people if p.agent is agent and p.id % 3 == 0]
        for agent in staff.of_office(staff.main_id)[1:3]
    }
    busy = list(theirs.values())
    for person in busy[-1][:CAMPAIGN]:
        _enrol(person, month, moment(month, rng.randrange(1, 5), 9 * 60), Habit.PROMPT, 3)
    for person in busy[0][:LAST_DAY]:
        last_day = moment(month, 31, 15 * 60 + rng.randrange(120))
        _enrol(person, month, last_day, Habit.LATE, 5)
    for person in busy[0][LAST_DAY : LAST_DAY + SHARED_PHONE]:
        person.phone = busy[0][LAST_DAY].phone or "+6281200009999"


def _enrol(person: Resident, month: date, at: datetime, habit: Habit, day: int) -> None:
    person.from_month, person.until_month, person.created_at = month, None, at
    person.habit, person.day, person.new_to_bpu = habit, day, NewToBpu.YES


def _hand_over(people: list[Resident], staff: Staff, times: Times, rng: random.Random) -> None:
    """One in a hundred was managed by another agent of the office before."""
    for person in people:
        later = [month for month in times.months[:-1] if month > person.from_month]
        if person.agent is None or person.agent is staff.sari or not later:
            continue
        if rng.random() < 0.01:
            colleagues = [
                agent
                for agent in staff.of_office(person.office_id)
                if agent not in (person.agent, staff.sari)
            ]
            if colleagues:
                person.earlier, person.handed_over = rng.choice(colleagues), rng.choice(later)


def _income(trade: Trade, rng: random.Random) -> int:
    steps = (trade.highest_idr - trade.lowest_idr) // 100_000
    return trade.lowest_idr + 100_000 * rng.randrange(steps + 1)


def _programmes(ecosystem: Ecosystem, rng: random.Random) -> Programmes:
    saves = rng.randrange(100) < ecosystem.jht_percent
    return Programmes.THREE if saves else Programmes.TWO
