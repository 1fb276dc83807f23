"""The plain columns of a worker: short texts that are kept as people write them.

This table is the only list of them: the enrolment form, imported lists, the agent's list with its
export, and the worker's page read it. What is checked, repaired or sealed (NIK, KK, phone, birth
date) has code of its own and does not stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Asked(Enum):
    """The part of the enrolment form that asks for a column."""

    WITH_KTP = auto()
    WITH_WORK = auto()


@dataclass(frozen=True, kw_only=True)
class PlainColumn:
    """One column: what it is called, how long it may be, and where it is shown."""

    name: str  # of the attribute of `Worker`
    label: str
    most: int  # letters, as in `Worker`
    titles: str  # what lists call it: capital letters, without spaces and signs
    asked: Asked | None = None
    required: bool = False  # in the enrolment form
    in_list: bool = False  # of the agent's workers, and in its export
    on_page: bool = False  # of the worker


PLAIN = (
    PlainColumn(
        name="job",
        label="Pekerjaan",
        most=80,
        titles="KATEGORIUSAHA KATEGORI PEKERJAAN JENISPEKERJAAN JENISUSAHA PROFESI",
        asked=Asked.WITH_WORK,
        required=True,
        in_list=True,
    ),
    PlainColumn(
        name="business",
        label="Nama usaha",
        most=120,
        titles="NAMAUSAHA USAHA NAMATEMPATUSAHA",
    ),
    PlainColumn(
        name="address",
        label="Alamat",
        most=200,
        titles="ALAMAT ALAMATLENGKAP ALAMATDOMISILI ALAMATKTP ALAMATRUMAH",
        asked=Asked.WITH_KTP,
        on_page=True,
    ),
    PlainColumn(
        name="kelurahan",
        label="Kelurahan",
        most=80,
        titles="KELURAHAN DESA KELURAHANDESA DESAKELURAHAN KEL KELDESA",
        asked=Asked.WITH_KTP,
        in_list=True,
        on_page=True,
    ),
    PlainColumn(
        name="kecamatan",
        label="Kecamatan",
        most=80,
        titles="KECAMATAN KEC",
    ),
)
NAMES = tuple(column.name for column in PLAIN)
