"""How well a long list with planted faults is read, kind by kind, against the planted truth.

A good row that is refused, and a bad row that is accepted, cost people's trust or money. This reads
a list whose faults are known, and prints for each kind how many rows had the planted outcome, and
precision and recall of refusal and of repair.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from agentsys.crypto import Vault
from agentsys.demo.roster import write_roster
from agentsys.demo.roster_damage import ALL_KINDS, Damage
from agentsys.rosters.people import Batch, read_batches
from agentsys.rosters.problems import Effect
from agentsys.workers.kinds import Programmes
from bench.measure import say

_TODAY = date(2026, 11, 25)
_PAGE_ROWS = 500


@dataclass
class Outcome:
    """What was read: rows by what became of them."""

    refused: set[int] = field(default_factory=set)
    repaired: set[int] = field(default_factory=set)
    noted: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    rows: int = 0
    nobody: int = 0


class Score(NamedTuple):
    """How many of the rows that were found are right, and of the right ones are found."""

    precision: float
    recall: float


def main(argv: list[str]) -> dict[str, object]:
    """Write a list with planted faults, read it, and compare."""
    parser = argparse.ArgumentParser(prog="python -m bench lists", description=__doc__)
    parser.add_argument("--rows", type=int, default=34_782)
    parser.add_argument("--share", type=float, default=0.05, help="of rows with a fault")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        damages = write_roster(
            path,
            rows=options.rows,
            seed=options.seed,
            damage_share=options.share,
            kinds=ALL_KINDS,
            page_rows=_PAGE_ROWS,
        )
        found = outcome(read(path.read_bytes()))
    return report(damages, found)


def read(content: bytes) -> Iterable[Batch]:
    """The batches of a list, under keys that nobody keeps."""
    vault = Vault({1: secrets.token_bytes(32)}, secrets.token_bytes(32))
    return read_batches(
        content, vault=vault, today=_TODAY, row_limit=10**6, programmes=Programmes.TWO
    )


def outcome(batches: Iterable[Batch]) -> Outcome:
    """What became of each row."""
    found = Outcome()
    for batch in batches:
        found.rows += batch.rows
        found.nobody += batch.nobody
        found.repaired |= batch.repaired
        for note in batch.notes:
            found.noted[note.row].add(note.problem)
            if note.effect is Effect.REFUSED:
                found.refused.add(note.row)
    return found


def report(damages: list[Damage], found: Outcome) -> dict[str, object]:
    """Print a line for each kind; the result of the benchmark."""
    planted = Counter(one.kind for one in damages)
    right = Counter(one.kind for one in damages if is_right(one, found))
    say(f"{'kind':<24}{'expected':<12}{'planted':>8}{'right':>8}")
    expected = {one.kind: one.expected for one in damages}
    for kind, count in sorted(planted.items()):
        say(f"{kind:<24}{expected[kind]:<12}{count:>8}{right[kind]:>8}")
    refusal = score({one.row for one in damages if one.expected == "rejected"}, found.refused)
    repair = score({one.row for one in damages if one.expected == "repaired"}, found.repaired)
    say(f"refusal: precision {refusal.precision:.4f}, recall {refusal.recall:.4f}")
    say(f"repair: precision {repair.precision:.4f}, recall {repair.recall:.4f}")
    say(f"{found.rows} people and {found.nobody} lines that are nobody")
    return {
        "bench": "lists",
        "value": min(refusal.precision, refusal.recall, repair.precision, repair.recall),
        "unit": "share",
        "rows": found.rows,
        "nobody": found.nobody,
        "planted": len(damages),
        "right": sum(right.values()),
    }


def is_right(damage: Damage, found: Outcome) -> bool:
    """Whether the row had the planted outcome, and its problem was said."""
    noted = found.noted.get(damage.row, set())
    is_refused = damage.row in found.refused
    said = damage.problem in noted if damage.problem else not noted
    return is_refused == (damage.expected == "rejected") and said


def score(planted: set[int], found: set[int]) -> Score:
    """Precision and recall of what was found."""
    both = len(planted & found)
    return Score(both / len(found) if found else 1.0, both / len(planted) if planted else 1.0)
