"""A year of auto-debit with faults at random and killed workers: each month is paid once at most.

AGENTSYS_YEAR_SEED repeats one that failed. `./dev bench year` runs one of thousands of mandates.
"""

from __future__ import annotations

import os
import random
import secrets
from datetime import UTC, datetime

import time_machine
from flask import Flask

from tests.payments.mandates.year import Unreliable, Year, check

MANDATES = 6
SEED = int(os.environ.get("AGENTSYS_YEAR_SEED") or secrets.randbelow(10**6))


def test_a_year_with_faults_pays_each_month_once_at_most(committed: Flask, capsys) -> None:
    with capsys.disabled():
        print(f"\nvirtual year: {MANDATES} mandates, seed {SEED}")
    chance = random.Random(SEED)
    year = Year(committed, chance, Unreliable(chance, MANDATES), MANDATES)
    with time_machine.travel(datetime(2026, 1, 1, 1, tzinfo=UTC), tick=False) as now:
        year.pass_by(now)
        with committed.app_context():
            check(year)
