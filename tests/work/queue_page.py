"""Generates docs/work-queue.md: `./dev docs`."""

from __future__ import annotations

import sys

from agentsys.work.kinds import KINDS
from agentsys.work.open_items import USUAL_DAYS
from tests.work.states import WAITS_FOR_NOBODY

_HEAD = """\
# Work queue

*Kotak kerja* (`/kotak-kerja/`) lists everything that waits for a person. Items are not stored:
queries find them in the tables that they are about, by partial indexes on open states, so the cost
depends only on the number of open items. Only the holder of an item is stored (`work_assignments`);
a job deletes that row when the item is closed.

This page is generated from `agentsys/work/kinds.py`; a test compares them. Do not edit it by hand.

## Kinds

| kind | screen title | decided by | it ends when | late after | escalates to |
|---|---|---|---|---|---|
"""

_RULES = f"""
## Rules

- An item is shown to every user who has its permission and may see its agent or office, except to
  users who may not decide it: the one who proposed it, and the one who earns from it.
- *Ambil* (take) makes a user the holder of an item. If two users take it at once, one gets it, and
  the other is told who has it. The holder can give it back, or hand it over with a note and another
  due day. Holding an item locks nothing: the page that decides it has its own checks.
- An item that is overdue for too many days is also shown to the users to whom it escalates. Admins
  of all offices set the number of days on the page *Tenggat* (`/admin/tenggat/`): for each kind,
  and for all kinds without a number of their own. The default is {USUAL_DAYS}. Each change is a row
  of `escalation_rules` with its first day, and is in the audit trail.
- The inbox, the figures above it and the counts in the menu come from the same query.

## Adding a kind

1. Write a source: a `select` with the columns of `agentsys/work/columns.py`, with a partial index
   on the open state.
2. Add a row to `KINDS`. Its title is Indonesian; put the English into the catalogue.
3. Mark the form on the page that decides it with `data-decide="KIND:SUBJECT"`; then the form is
   also shown beside the list. Without that mark the item links to the page.
4. A new state of a state table needs a kind, or a line in `tests/work/states.py` that says why it
   waits for nobody. Run `./dev docs`.

## States that wait for nobody

| state | why |
|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{kind.key}` | {kind.title} | `{kind.decided_by}` | {kind.ends_when} |"
        f" {kind.days} d | `{kind.escalates_to}` |"
        for kind in KINDS
    ]
    quiet = [f"| `{state}` | {why} |" for state, why in WAITS_FOR_NOBODY.items()]
    return _HEAD + "\n".join(rows) + "\n" + _RULES + "\n".join(quiet) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
