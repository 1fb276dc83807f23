"""Comparing references of banks, providers and BPJS: without case, blanks and marks."""

from __future__ import annotations

import re

_MARKS = re.compile(r"[^0-9A-Za-z]")


def ref_key(reference: str) -> str:
    """The letters and digits of a reference, in capitals; references with equal keys are one.

    The function `ref_key` of the database gives the same.
    """
    return _MARKS.sub("", reference).upper()
