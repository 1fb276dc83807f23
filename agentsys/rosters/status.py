"""Who cannot be enrolled because a list says so: the dead, who moved, and invalid records."""

from __future__ import annotations

import re
from functools import lru_cache

# The codes of `status_dasar` in OpenSID, the villages' software: 1 alive, 2 dead, 3 moved,
# 4 missing, 6 gone, 9 not valid (its table tweb_status_dasar).
_CODES = {"2": "status_dead", "3": "status_moved", "4": "status_invalid", "9": "status_invalid"}
_CODES["6"] = "status_moved"

_BEFORE = r"(?:sudah |telah |dicoret[:,. ]*|status[:. ]*|warga |yang bersangkutan |ybs\.? )*"
_DEAD = r"(?:mati|meninggal(?: dunia)?|md|wafat|almarhumah?|alm\.?|almh\.?|tutup usia|deceased)"
_MOVED = (
    r"(?:pindah(?! ?an)(?: (?:penduduk|keluar|alamat|domisili|datang ke|ke|kota|desa|kelurahan"
    r"|kecamatan|luar)\b.*)?|pindah wni|moved)"
)
_INVALID = (
    r"(?:tidak valid|tdk valid|invalid|data ganda|nik ganda|ganda|hilang"
    r"|tidak (?:di)?kenal|tidak ditemukan|tidak padan|tdk padan|nik tidak (?:valid|aktif|padan)"
    r"|dibatalkan|pergi)"
)
_AFTER = r"[\s.!,;]*(?:\(.*\)|(?:tgl|tanggal|pada|th|tahun|sejak)\b.*)?"
_SAYS = tuple(
    (re.compile(rf"{_BEFORE}{words}{_AFTER}", re.IGNORECASE), code)
    for words, code in (
        (_DEAD, "status_dead"),
        (_MOVED, "status_moved"),
        (_INVALID, "status_invalid"),
    )
)
_LONGEST = 80


_LATE = re.compile(
    r"(?:alm|almh|almarhum|almarhumah)[. ].*|.*\( ?(?:alm|almh|almarhum|almarhumah)\.? ?\)",
    re.IGNORECASE,
)


def is_late(name: str) -> bool:
    """Whether a name says that the person has died, as `Budi (alm)` does."""
    return "alm" in name.lower() and _LATE.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def problem_of(text: str) -> str:
    """The problem that a status or a remark tells; empty for any other words."""
    if len(text) > _LONGEST:
        return ""
    return next((code for pattern, code in _SAYS if pattern.fullmatch(text)), "")


def problem_of_code(text: str) -> str:
    """The problem that a code or word of the villages' software tells; empty for none."""
    return _CODES.get(text) or problem_of(text)
