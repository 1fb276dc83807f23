"""The words that stand for an empty cell, in every column of a list."""

from __future__ import annotations

from agentsys.workers import identity

_WORDS = (
    *("n/a", "n.a", "n.a.", "#n/a", "#n/a n/a", "#na", "#ref!", "#value!", "#name?", "#nama?"),
    *("#nilai!", "#div/0!", "#num!", "#null!", "#spill!", "#calc!", "#getting_data", "err:502"),
    *("err:508", "err:509", "err:511", "null", "(null)", "undefined"),
    *("tidak ada", "tdk ada", "tdk. ada", "t.a", "tidak punya", "tdk punya", "tidak memiliki"),
    *("belum ada", "belum punya", "blm ada", "blm punya", "nihil", "kosong", "tidak tahu"),
    *("tidak diketahui", "tdk tahu", "tdk th", "-", "--", "---", "----", "_", "__", "–", "—", "―"),
    *(".", "..", "...", "…", "?", "??", "???", "/", "\\", "0", "'", "’", "- -", "-,-", "*"),
)
_AS_WRITTEN = ("NA", "nan", "NaN", "NAN", "nil", "nul", "none")  # other forms may be names
# A lookup of the usual ways to write them costs less than changing every cell.
NOTHING = frozenset(
    form
    for word in (*_WORDS, *(identity.NO_VALUE - {""}))
    for form in (word.lower(), word.upper(), word.capitalize(), word.title())
).union(_AS_WRITTEN)
