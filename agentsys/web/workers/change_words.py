"""Words for the fields of a worker that people may change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from agentsys.web.texts import day, lazy, rp
from agentsys.web.workers.group_words import ECOSYSTEM, ECOSYSTEMS, GROUP
from agentsys.workers.columns import PLAIN
from agentsys.workers.kinds import Ecosystem, Funding, Programmes, Sector, Work

PROGRAMMES = {
    Programmes.TWO: lazy("JKK + JKM"),
    Programmes.THREE: lazy("JKK + JKM + JHT"),
}
SEX = {"L": lazy("Laki-laki"), "P": lazy("Perempuan")}
SECTORS = {Sector.OTHER: lazy("Lainnya"), Sector.TRANSPORT: lazy("Transportasi")}
WORK = {
    Work.OWN: lazy("Bekerja sendiri"),
    Work.EMPLOYER: lazy("Menggaji orang lain"),
    Work.WAGES: lazy("Digaji saja (karyawan)"),
}
FUNDING = {
    Funding.SELF: lazy("Pekerja sendiri"),
    Funding.APBD: lazy("APBD (pemerintah daerah)"),
    Funding.APBN: lazy("APBN"),
    Funding.APBDES: lazy("APBDes (desa)"),
    Funding.CSR: lazy("CSR / donatur"),
}
LABELS: dict[str, Any] = {
    "nik": "NIK",
    "name": lazy("Nama sesuai KTP"),
    "birth_date": lazy("Tanggal lahir"),
    "sex": lazy("Jenis kelamin"),
    "sector": lazy("Sektor"),
    "income_idr": lazy("Penghasilan per bulan"),
    "programmes": lazy("Program"),
    "funding": lazy("Pembayar"),
    "kk": lazy("Nomor KK"),
    "phone": lazy("Nomor HP"),
    "work": lazy("Cara bekerja"),
    "ecosystem": ECOSYSTEM,
    "group": GROUP,
    "birth_place": lazy("Tempat lahir"),
    **{column.name: lazy(column.label) for column in PLAIN},
}


def value_words(name: str, value: str) -> str:
    """A stored value as people read it."""
    if not value:
        return _("kosong")
    word = _WORDS.get(name)
    return str(word(value)) if word else value


_WORDS: dict[str, Callable[[str], Any]] = {
    "birth_date": lambda value: day(date.fromisoformat(value)),
    "sex": lambda value: SEX[value],
    "sector": lambda value: SECTORS[Sector(value)],
    "programmes": lambda value: PROGRAMMES[Programmes(value)],
    "funding": lambda value: FUNDING[Funding(value)],
    "work": lambda value: WORK[Work(value)],
    "ecosystem": lambda value: ECOSYSTEMS[Ecosystem(value)],
    "income_idr": lambda value: rp(int(value)),
}


def changed_fields(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, str]]:
    """The changed fields, in the order of the form: label, before, after."""
    return [
        {
            "label": str(label),
            "before": value_words(name, before[name]),
            "after": value_words(name, after[name]),
        }
        for name, label in LABELS.items()
        if name in after
    ]


def changed_line(details: Mapping[str, Any]) -> str:
    """The changed fields of a recorded change in one line."""
    fields = changed_fields(details["before"], details["after"])
    return "; ".join(
        _(
            "%(field)s: %(before)s → %(after)s",
            field=field["label"],
            before=field["before"],
            after=field["after"],
        )
        for field in fields
    )
