"""Kill -9 of random processes at random times, repeatable by a seed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress

import psycopg

from tests.tree import Tree

VICTIMS = ("web", "worker", "simulator", "database", "backend")
_SHORTEST_S, _LONGEST_S = 0.05, 2.5


def kill_at_random(tree: Tree, chance: random.Random, times: int) -> Counter[str]:
    """Kill that often, also just restarted processes; return the number of kills of each."""
    killed: Counter[str] = Counter()
    while killed.total() < times:
        time.sleep(chance.uniform(_SHORTEST_S, _LONGEST_S))
        victim = chance.choice(VICTIMS)
        number = _backend(tree, chance) if victim == "backend" else tree.pid(victim)
        if number:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
                killed[victim] += 1
    return killed


def _backend(tree: Tree, chance: random.Random) -> int:
    """A process of PostgreSQL that serves one of our connections; 0 if there is none."""
    try:
        found = tree.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid
            """
        )
    except psycopg.OperationalError:
        return 0
    return int(chance.choice(found)[0]) if found else 0
