"""The codes of jobs in lists from villages' software.

The numbers are those of the population register's family form (F-1.01), which OpenSID uses too.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def jobs() -> dict[str, str]:
    """The job of each code, 1 to 89, as in the register of the population."""
    file = files(__package__) / "tables" / "jobs.csv"
    return {row["code"]: row["job"] for row in csv.DictReader(file.read_text("utf-8").splitlines())}


def are_codes(texts: list[str]) -> bool:
    """Whether a column of jobs holds codes instead of words."""
    filled = [text for text in texts if text]
    return bool(filled) and all(text in jobs() for text in filled)
