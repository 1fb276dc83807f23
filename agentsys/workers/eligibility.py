"""Who may become a member: one table of dated rules, asked wherever somebody is enrolled.

A rule refuses or warns, as its row in `tables/eligibility.csv` says; another row with a later
`valid_from` changes it from that day on. Existing members are not asked again: who was within the
limits at registration may go on. Who resumes an ended membership is asked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Invalid, Refused
from agentsys.money import format_idr
from agentsys.workers.kinds import Programmes, Work


class Rule(StrEnum):
    """One rule; the values are the codes in the table and in a roster's notes."""

    TOO_YOUNG = "too_young"
    MINOR = "minor"
    TOO_OLD = "too_old"
    WAGE_EARNER = "wage_earner"
    WAGE_EARNER_BY_JOB = "wage_earner_by_job"
    EMPLOYER_WITHOUT_JHT = "employer_without_jht"
    EMPLOYER_BY_JOB = "employer_by_job"
    INCOME_LOW = "income_low"
    INCOME_HIGH = "income_high"
    DOUBLE_MEMBERSHIP = "double_membership"


class Effect(StrEnum):
    """What a rule does to somebody whom it concerns."""

    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One row of the table."""

    rule: Rule
    valid_from: date
    valid_until: date | None
    limit: int  # years or rupiah; 0 if the rule needs none
    effect: Effect
    certainty: str
    source: str

    def covers(self, day: date) -> bool:
        """Whether the row applies on that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A rule that concerns somebody; `shown` is what it rests on."""

    rule: Rule
    refuses: bool
    certain: bool
    about: str  # the field
    shown: str

    @property
    def sentence(self) -> str:
        """What the rule says, and what to do."""
        return SAME_PERSON if self.about == "worker" else SAY[self.rule]


class RulesUnreadable(Refused):
    """Two rows of one rule apply to the same day."""

    text = "Aturan kepesertaan untuk hari itu ada dua. Minta pengelola memperbaiki tabelnya."


SAY = {
    Rule.TOO_YOUNG: "Belum cukup umur untuk memiliki KTP. Cocokkan tanggal lahirnya dengan KTP.",
    Rule.MINOR: "Belum berumur 18 tahun. Tanyakan dulu ke BPJS Ketenagakerjaan (175) apakah ia"
    " dapat menjadi peserta.",
    Rule.TOO_OLD: "Melewati batas umur pendaftaran. Cocokkan tanggal lahirnya dengan KTP, atau"
    " tanyakan ke BPJS Ketenagakerjaan (175).",
    Rule.WAGE_EARNER: "Karyawan didaftarkan oleh pemberi kerjanya, bukan sebagai pekerja mandiri.",
    Rule.WAGE_EARNER_BY_JOB: "Pekerjaan ini biasanya digaji pemberi kerja. Tanyakan apakah ia juga"
    " bekerja sendiri; karyawan didaftarkan oleh pemberi kerjanya.",
    Rule.EMPLOYER_WITHOUT_JHT: "Pengusaha yang menggaji orang wajib ikut JHT. Pilih program JKK +"
    " JKM + JHT.",
    Rule.EMPLOYER_BY_JOB: "Pekerjaan ini biasanya menggaji orang. Tanyakan; pengusaha yang menggaji"
    " orang wajib ikut JHT.",
    Rule.INCOME_LOW: "Penghasilan sebulan ini sangat kecil. Pastikan bukan penghasilan sehari.",
    Rule.INCOME_HIGH: "Penghasilan sebulan ini sangat besar. Periksa jumlah nolnya.",
    Rule.DOUBLE_MEMBERSHIP: "NIK ini sudah terdaftar, bukan di daftar Anda. Hubungi admin kantor"
    " Anda.",
}
SAME_PERSON = (
    "Orang ini sudah menjadi peserta dengan catatan lain: NIK lama atau nomor KPJ-nya sama. Periksa"
    " dulu apakah ia tercatat dua kali."
)
UNSURE = "Aturan ini belum dipastikan; tanyakan ke BPJS Ketenagakerjaan (175) bila ragu."

# Words of a job, at its beginning: "istri karyawan" and "katering karyawan" are something else.
_WAGES = re.compile(
    r"(karyawan|karyawati|pegawai|buruh pabrik|staf|staff|pns|asn|pppk|p3k|tni|polri|polisi"
    r"|honorer|tenaga honorer|guru pns|security|satpam|admin|kasir)\b"
)
_EMPLOYER = re.compile(r"(pengusaha|juragan|kontraktor|bos|direktur|pimpinan|pemilik (pt|cv|ud))\b")


class Rules:
    """The rules that apply on one day; made once for many people."""

    def __init__(self, day: date, settings: Mapping[Rule, Setting]) -> None:
        """Rules for a day."""
        self.day = day
        self._settings = settings
        self._young_after = self._born(Rule.TOO_YOUNG, date.max)
        self._minor_after = self._born(Rule.MINOR, date.max)
        self._too_old_from = self._born(Rule.TOO_OLD, date.min)
        self._low = self._limit(Rule.INCOME_LOW, 0)
        self._high = self._limit(Rule.INCOME_HIGH, 10**12)

    def concern_nobody(self, born: date, job: str, income_idr: int | None) -> bool:
        """Whether `find` finds nothing about somebody of whom no more is known; for long lists."""
        return (
            self._too_old_from < born <= self._minor_after
            and _by_job(job) is None
            and (income_idr is None or self._low <= income_idr <= self._high)
        )

    def find(
        self,
        *,
        born: date,
        job: str,
        income_idr: int | None,
        programmes: Programmes,
        work: Work | None = None,
    ) -> tuple[Finding, ...]:
        """What the rules say about somebody who wants to become a member."""
        by_job = _by_job(job) if work in (None, Work.OWN) else None
        fits = self._too_old_from < born <= self._minor_after
        earns = income_idr is None or self._low <= income_idr <= self._high
        broken: list[tuple[Rule, str, str]] = []
        if not fits:
            broken.append((self._of_age(born), "birth_date", self._age(born)))
        if income_idr is not None and not earns:
            rule = Rule.INCOME_LOW if income_idr < self._low else Rule.INCOME_HIGH
            broken.append((rule, "income_idr", format_idr(income_idr)))
        if work is Work.WAGES:
            broken.append((Rule.WAGE_EARNER, "work", job))
        elif by_job is Work.WAGES:
            broken.append((Rule.WAGE_EARNER_BY_JOB, "job", job))
        if programmes is Programmes.TWO and work is Work.EMPLOYER:
            broken.append((Rule.EMPLOYER_WITHOUT_JHT, "programmes", job))
        elif programmes is Programmes.TWO and by_job is Work.EMPLOYER:
            broken.append((Rule.EMPLOYER_BY_JOB, "job", job))
        return tuple(self._finding(*one) for one in broken if one[0] in self._settings)

    def double(self, shown: str) -> tuple[Finding, ...]:
        """What the rules say about somebody who is a member by another record."""
        rule = Rule.DOUBLE_MEMBERSHIP
        return (self._finding(rule, "worker", shown),) if rule in self._settings else ()

    def _of_age(self, born: date) -> Rule:
        if born <= self._too_old_from:
            return Rule.TOO_OLD
        return Rule.TOO_YOUNG if born > self._young_after else Rule.MINOR

    def _finding(self, rule: Rule, about: str, shown: str) -> Finding:
        setting = self._settings[rule]
        return Finding(
            rule=rule,
            refuses=setting.effect is Effect.REFUSE,
            certain=setting.certainty == "sourced",
            about=about,
            shown=shown,
        )

    def _born(self, rule: Rule, otherwise: date) -> date:
        """The birth date of somebody who reaches the age of the rule on this day."""
        setting = self._settings.get(rule)
        return _years_before(self.day, setting.limit) if setting else otherwise

    def _limit(self, rule: Rule, otherwise: int) -> int:
        setting = self._settings.get(rule)
        return setting.limit if setting else otherwise

    def _age(self, born: date) -> str:
        before_birthday = (self.day.month, self.day.day) < (born.month, born.day)
        return f"{born:%d-%m-%Y} ({self.day.year - born.year - before_birthday} tahun)"


def rules_on(day: date) -> Rules:
    """The rules that apply on a day; RulesUnreadable if two rows of one rule do."""
    found: dict[Rule, Setting] = {}
    for setting in settings():
        if setting.covers(day) and found.setdefault(setting.rule, setting) is not setting:
            raise RulesUnreadable(rule=setting.rule.value, day=day)
    return Rules(day, found)


def refuse(findings: tuple[Finding, ...]) -> None:
    """Invalid with the first finding that refuses, if there is one."""
    for finding in findings:
        if finding.refuses:
            raise Invalid(finding.sentence, about=finding.about, rule=finding.rule.value)


@lru_cache(maxsize=1)
def settings() -> tuple[Setting, ...]:
    """All rows of the table."""
    file = files(__package__) / "tables" / "eligibility.csv"
    return tuple(
        Setting(
            rule=Rule(row["rule"]),
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            limit=int(row["limit"] or 0),
            effect=Effect(row["effect"]),
            certainty=row["certainty"],
            source=row["source"],
        )
        for row in csv.DictReader(file.read_text("utf-8").splitlines())
    )


@lru_cache(maxsize=4096)
def _by_job(job: str) -> Work | None:
    words = " ".join(job.lower().split())
    if _WAGES.match(words):
        return Work.WAGES
    return Work.EMPLOYER if _EMPLOYER.match(words) else None


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
