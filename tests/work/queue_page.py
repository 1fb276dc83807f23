"""Makes docs/work-queue.md: `python -m tests.work.queue_page > docs/work-queue.md`."""

from __future__ import annotations

import sys

from agentsys.work.kinds import KINDS
from agentsys.work.open_items import USUAL_DAYS
from tests.work.states import WAITS_FOR_NOBODY

_HEAD = """\
# Work queue

*Kotak kerja* (`/kotak-kerja/`) lists everything that waits for a person. Items are not stored:
they are what the domain's tables say at this moment, read through partial indexes on open states,
so that the cost follows what is open. Only who holds an item is stored (`work_assignments`), and a
job deletes that when the item is settled.

This page is made from `agentsys/work/kinds.py`; a test compares. Do not edit it by hand.

## Kinds

| kind | screen title | settled by | it ends when | late after | escalates to |
|---|---|---|---|---|---|
"""

_RULES = f"""
## Rules

- An item waits for everybody who holds its permission and sees its agent or office, except for
  those who may not decide it: who proposed it, or who earns from it.
- *Ambil* makes a person its holder. Two at once: one gets it, the other reads who has it. A holder
  can let it go or hand it over, with a note and another due day. Holding reserves nothing: the
  decision itself is made, and guarded, on its own page.
- An item that is late for too long is also shown to those that it escalates to. Admins of all
  offices set the number of days of each kind, and of all others, on the page *Tenggat*
  (`/admin/tenggat/`); {USUAL_DAYS} without. Each change is a row of `escalation_rules` from its day
  on, and is in the audit trail.
- The inbox, the figures above it and the counts in the menu read the same query.

## Adding a kind

1. Write a source: a `select` with the columns of `agentsys/work/columns.py`, with a partial index
   on the open state.
2. Add a row to `KINDS`. Its title is Indonesian; put the English into the catalogue.
3. Mark the form on the deciding page with `data-decide="KIND:SUBJECT"`, and it is shown beside the
   list. Without the mark the item links to the page.
4. A new state of a state table needs a kind, or a line in `tests/work/states.py` that says why it
   waits for nobody. Run `python -m tests.work.queue_page > docs/work-queue.md`.

## States that wait for nobody

| state | why |
|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{kind.key}` | {kind.title} | `{kind.settled_by}` | {kind.settled_when} |"
        f" {kind.days} d | `{kind.escalates_to}` |"
        for kind in KINDS
    ]
    quiet = [f"| `{state}` | {why} |" for state, why in WAITS_FOR_NOBODY.items()]
    return _HEAD + "\n".join(rows) + "\n" + _RULES + "\n".join(quiet) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
