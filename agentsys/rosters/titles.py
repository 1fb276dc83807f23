"""What the titles of a column mean: whose data it holds, and which field of a list.

A column may have several titles above each other, as NAMA below AHLI WARIS. Together they are a
path, from the top line to the lowest. Columns of other persons (heirs, parents, heads of a family,
officials) are never the worker's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from agentsys.workers.columns import PLAIN

SEPARATOR = " > "  # between the titles of a path, where it is shown and when it is read again


class Meaning(NamedTuple):
    """A field, and how sure its title is: 0 says it, 1 suggests it."""

    field: str
    rank: int


# Fields that a row's cells are made of before they are read.
BIRTH_PARTS = ("birth_day", "birth_month", "birth_year")
SEX_MARKS = ("sex_l", "sex_p")
STATES = ("status", "status_code", "remark")
HEIRS = ("heir_name", "heir_nik", "heir_relation", "heir_phone")

_SAID: dict[str, str] = {
    "nik": "NIK NONIK NOINDUKKEPENDUDUKAN NOKTP NIKKTP KTP NOIDENTITAS NOKTPNIK NIKNOKTP KTPNIK"
    " NIKPEKERJA NIKPESERTA NOEKTP NIKEKTP",
    "name": "NAMA NAMALENGKAP NAMAPEKERJA NAMAPESERTA NAMATENAGAKERJA NAMATK NAMAKTP"
    " NAMASESUAIKTP NAMALENGKAPSESUAIKTP NAMACALONPESERTA NAMALENGKAPPESERTA"
    " NAMALENGKAPPEKERJA",
    "kk": "NOKK KK NOKARTUKELUARGA KARTUKELUARGA",
    "ttl": "TTL TEMPATTANGGALLAHIR TEMPATDANTANGGALLAHIR",
    "birth_place": "TEMPATLAHIR TEMPAT KOTALAHIR",
    "birth_date": "TANGGALLAHIR LAHIR TANGGALBULANTAHUNLAHIR",
    "sex": "JENISKELAMIN JK LP PL KELAMIN JENKEL JENISKELURAHAN JKELURAHAN GENDER SEX",
    "phone": "NOHP HP NOTELP NOTELEPON TELEPON TELP NOHANDPHONE HANDPHONE NOWA WA NOHPWA NOWHATSAPP"
    " WHATSAPP NOPONSEL PONSEL NOHPAKTIF",
    "kpj": "NOKPJ KPJ NOPESERTA",
    "income": "PENGHASILAN PENDAPATAN UPAH GAJI PENGHASILANPERBULAN PENGHASILANBULANAN"
    " PENDAPATANPERBULAN UPAHPERBULAN PENGHASILANSEBULAN",
    "status": "STATUS STATUSPENDUDUK STATUSKEPENDUDUKAN STATUSHIDUP",
    "status_code": "STATUSDASAR STATUSDASARID",
    "remark": "KETERANGAN KET CATATAN",
    "ecosystem": "EKOSISTEM JENISEKOSISTEM KATEGORIEKOSISTEM",
    # The kinds of groups; `places.KIND_OF` says which.
    "market": "PASAR NAMAPASAR LOKASIPASAR",
    "platform": "PLATFORM NAMAPLATFORM APLIKASI",
    "cooperative": "KOPERASI NAMAKOPERASI",
    "group": "KELOMPOK NAMAKELOMPOK KELOMPOKTANI KELOMPOKNELAYAN POKTAN PAGUYUBAN",
    **{column.name: column.titles for column in PLAIN},
}
# Titles that only suggest a field: another column that says it comes first.
_SUGGESTED: dict[str, str] = {
    "job": "KATEGORI KATEGORIUSAHA JENISUSAHA KATEGORIPEKERJAAN PEKERJAANID KODEPEKERJAAN"
    " BIDANGUSAHA BIDANGPEKERJAAN",
    "kelurahan": "DESAKEL KELDESA DESAKELURAHAN NAMADESA NAMAKELURAHAN",
    "kecamatan": "NAMAKECAMATAN",
    "nik": "KTPEL EKTP",
    "address": "DUSUN",
    "birth_date": "TANGGALBULANTAHUN",
}
_SAYS = {
    **{word: Meaning(field, 1) for field, words in _SUGGESTED.items() for word in words.split()},
    **{
        word: Meaning(field, 0)
        for field, words in _SAID.items()
        for word in words.split()
        if word not in _SUGGESTED.get(field, "").split()
    },
}
# Below a title of the birth, or of the sex.
_OF_BIRTH = {
    "TANGGAL": "birth_day",
    "HARI": "birth_day",
    "BULAN": "birth_month",
    "TAHUN": "birth_year",
    "KOTA": "birth_place",
    "KABUPATEN": "birth_place",
    "TANGGALBULANTAHUN": "birth_date",
}
_MARKS = {"L": "sex_l", "LK": "sex_l", "LAKI": "sex_l", "LAKILAKI": "sex_l", "PRIA": "sex_l"}
_MARKS |= {"P": "sex_p", "PR": "sex_p", "PEREMPUAN": "sex_p", "WANITA": "sex_p"}
# The short forms of words in titles.
_WORDS = {
    **dict.fromkeys(("NOMOR", "NMR", "NOMER", "NUMBER"), "NO"),
    **dict.fromkeys(("TGL", "TNGGL", "TANGAL"), "TANGGAL"),
    **dict.fromkeys(("BLN", "BL", "BULN"), "BULAN"),
    **dict.fromkeys(("THN", "TH", "TAHUNAN"), "TAHUN"),
    **dict.fromkeys(("TMPT", "TMP", "TPT", "TEMP", "TEMPT"), "TEMPAT"),
    **dict.fromkeys(("LHR", "LAHIRAN", "KELAHIRAN"), "LAHIR"),
    **dict.fromkeys(("JNS", "JENS"), "JENIS"),
    **dict.fromkeys(("KLMN", "KLM"), "KELAMIN"),
    **dict.fromkeys(("NM", "NAME"), "NAMA"),
    **dict.fromkeys(("ALMT", "ALAMT"), "ALAMAT"),
    **dict.fromkeys(("PEK", "PKRJN", "PEKERJAN"), "PEKERJAAN"),
    **dict.fromkeys(("KELURAHN", "KEL"), "KELURAHAN"),
}
_HEIR = {"WARIS", "AHLIWARIS"}
_OTHERS = {
    *("AYAH", "IBU", "BAPAK", "BPK", "ISTRI", "ISTERI", "SUAMI", "PASANGAN", "ANAK", "ORTU"),
    *("ORANGTUA", "TUA", "WALI", "SAKSI", "PENDAMPING", "PETUGAS", "PENCATAT", "KETUA", "KADER"),
    *("KORLAP", "KOORDINATOR", "KORDINATOR", "PENDATA", "SURVEYOR", "ENUMERATOR", "KRT", "KEPALA"),
    *("LURAH", "DARURAT", "PIC", "AGEN", "PERISAI", "PENANGGUNG", "PEMBERI", "ATASAN", "PENGURUS"),
}
# What else has a name; people are the rest, as NAMA PETANI.
_THINGS = {
    *("USAHA", "SLS", "PROGRAM", "DESA", "DUSUN", "KELURAHAN", "KECAMATAN", "KABUPATEN", "KOTA"),
    *("PROVINSI", "BANK", "REKENING", "KELOMPOK", "PASAR", "TOKO", "INSTANSI", "PERUSAHAAN", "KK"),
    *("LEMBAGA", "KOPERASI", "BARANG", "JALAN", "GANG", "BLOK", "LINGKUNGAN", "WILAYAH", "KAPAL"),
    *(
        "TEMPAT",
        "MERK",
        "MEREK",
        "PRODUK",
        "LOKASI",
        "KANTOR",
        "SEKOLAH",
        "UNIT",
        "WADAH",
        "PLATFORM",
    ),
    *("PROYEK", "KEGIATAN", "BANTUAN", "PANGGILAN", "GADIS", "KOMUNITAS", "ORGANISASI", "KEBUN"),
}
# Behind NAMA they are people whatever follows, as NAMA PENERIMA BANTUAN.
_PEOPLE = {
    *("PENERIMA", "PEKERJA", "PESERTA", "ANGGOTA", "WARGA", "PENDUDUK", "CALON", "TENAGA", "KPM"),
    *("PEMILIK", "PEDAGANG", "PETANI", "NELAYAN", "PEKEBUN", "PETERNAK", "PENGUSAHA", "PELAKU"),
    *("LENGKAP", "ORANG", "MITRA", "DRIVER", "PENGEMUDI", "BURUH"),
}
# The first word of a title that suggests a field, unless one of the others is there.
_FIRST = {
    "PEKERJAAN": ("job", {"ID", "KODE", "STATUS"}),
    "KELURAHAN": ("kelurahan", {"KODE", "ID", "LAHIR"}),
    "DESA": ("kelurahan", {"KODE", "ID", "LAHIR"}),
    "KECAMATAN": ("kecamatan", {"KODE", "ID", "LAHIR"}),
    "PENGHASILAN": ("income", {"KELUARGA", "HARI", "HARIAN", "SUMBER", "RT"}),
    "PENDAPATAN": ("income", {"KELUARGA", "HARI", "HARIAN", "SUMBER", "RT"}),
    "ALAMAT": ("address", {"USAHA", "EMAIL", "KERJA"}),
}
_STATES = {"HIDUP", "MATI", "PENDUDUK", "KEPENDUDUKAN", "WARGA", "KEBERADAAN", "KEHIDUPAN", "ORANG"}
_NIK_WORDS = {
    *("NO", "NIK", "KTP", "EL", "E", "ELEKTRONIK", "INDUK", "KEPENDUDUKAN", "IDENTITAS", "DIGIT"),
    *("ANGKA", "SESUAI", "PEKERJA", "PESERTA", "CALON", "PENERIMA", "WARGA", "ANGGOTA", "ART"),
    *("LENGKAP", "TENAGA", "KERJA", "PENDUDUK", "BPU"),
}
_KK_WORDS = {"NO", "KK", "KARTU", "KELUARGA", "DIGIT", "ANGKA"}
_PHONES = {"HP", "WA", "WHATSAPP", "TELP", "TELPON", "TELEPON", "HANDPHONE", "PONSEL", "SELULER"}
_BRACKETED = re.compile(r"\([^()]*\)|\*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[A-Z']+")
_LONGEST = 200


def meaning(path: Sequence[str]) -> Meaning | None:
    """The field of a column with these titles, the lowest one last; None if there is none."""
    levels = [level for title in path for level in _levels(title)]
    if not levels:
        return None
    words = {word for level in levels for word in level}
    if _is_heir(levels):
        return _of_heir(levels)
    if words & _OTHERS:
        return None
    if len(levels) == 1:
        return _plain(levels[0])
    return _below(levels[-2], levels[-1])


def compact(title: str) -> str:
    """The title in capitals with the usual words, without spaces, signs and brackets."""
    return "".join(word for level in _levels(title) for word in level)


def is_mark_of_sex(title: str) -> str:
    """`sex_l` or `sex_p` for a title such as L or P; else an empty text."""
    return _MARKS.get(compact(title), "")


def is_group(title: str) -> bool:
    """Whether the title stands above others and says whose or what they are."""
    levels = _levels(title)
    words = {word for level in levels for word in level}
    return bool(levels) and (
        _is_heir(levels)
        or bool(words & _OTHERS)
        or words <= {"PEKERJA", "PESERTA", "CALON", "TENAGA", "KERJA", "DATA", "DIRI", "IDENTITAS"}
    )


def shown(path: Sequence[str]) -> str:
    """The path as one title; read again, it means the same."""
    different = {title.casefold(): title for title in reversed(path)}
    return SEPARATOR.join(reversed(different.values()))[:80]


def _levels(title: str) -> list[list[str]]:
    return [list(level) for level in _read(title[:_LONGEST])]


@lru_cache(maxsize=4096)
def _read(title: str) -> tuple[tuple[str, ...], ...]:
    levels = []
    for level in title.split(SEPARATOR):
        text = _BRACKETED.sub(" ", _HUMP.sub(" ", level)).upper().replace("_", " ")
        found = tuple(_WORDS.get(word, word) for word in _WORD.findall(text))
        if not found:
            # A title in brackets only, as "(L/P)".
            found = tuple(_WORDS.get(word, word) for word in _WORD.findall(level.upper()))
        if found:
            levels.append(found)
    return tuple(levels)


def _is_heir(levels: Sequence[Sequence[str]]) -> bool:
    return any("AHLI" in level or _HEIR & set(level) for level in levels)


def _of_heir(levels: Sequence[Sequence[str]]) -> Meaning | None:
    left = [[word for word in level if word not in _HEIR and word != "AHLI"] for level in levels]
    words = next(filter(None, reversed(left)), [])  # the lowest title that says more
    found = _plain(words)
    if found and found.field in ("nik", "name", "phone"):
        return Meaning(f"heir_{found.field}", 0)
    if words and words[0] in ("HUBUNGAN", "HUB", "STATUS", "SHDK"):
        return Meaning("heir_relation", 0)
    return None if words else Meaning("heir_name", 1)


def _below(above: Sequence[str], last: Sequence[str]) -> Meaning | None:
    over, under = _plain(above), "".join(last)
    if over and over.field in ("ttl", "birth_date") and under in _OF_BIRTH:
        return Meaning(_OF_BIRTH[under], 0)
    if over and over.field == "sex" and under in _MARKS:
        return Meaning(_MARKS[under], 0)
    return _plain(last) or _plain([*above, *last]) or over


def _plain(words: Sequence[str]) -> Meaning | None:
    """The field of one title without those above it."""
    if not words:
        return None
    if found := _SAYS.get("".join(words)):
        return found
    known = set(words)
    if known & {"NIK", "KTP", "KEPENDUDUKAN"} and known <= _NIK_WORDS:
        return Meaning("nik", 0 if known & {"NIK", "KEPENDUDUKAN"} else 1)
    if known <= _KK_WORDS and known & {"KK", "KELUARGA"}:
        return Meaning("kk", 1)
    return _by_words(list(words), known)


def _by_words(words: list[str], known: set[str]) -> Meaning | None:
    place, day = "TEMPAT" in known, "TANGGAL" in known
    name = ""
    if "LAHIR" in known:
        if place or day:
            name = "ttl" if place and day else "birth_place" if place else "birth_date"
    elif "KELAMIN" in known or words[0] == "JK":
        name = "sex"
    elif known & _PHONES and not known & (_THINGS | {"EMAIL"}):
        name = "phone"
    elif words[0] == "NAMA" and (words[1] in _PEOPLE or not known & _THINGS):
        name = "name"
    elif words[0] == "STATUS" and known - {"STATUS"} <= _STATES:
        name = "status"
    elif words[0] in _FIRST:
        field, unless = _FIRST[words[0]]
        name = "" if known & unless else field
    return Meaning(name, 1) if name else None
