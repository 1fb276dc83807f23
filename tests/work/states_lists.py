"""The states in which a list of workers waits for a person; see `states`."""

from __future__ import annotations

WAITS_AS = {
    "list.failed": "list.failed",
    "list.done": "list.refused",
    "list.mapping": "list.unfinished",
    "list.checked": "list.unfinished",
    "list.paused": "list.unfinished",
    "list.proposed": "list.proposed",
}
WAITS_FOR_NOBODY = {
    "list.uploaded": "its job looks at the columns",
    "list.checking": "its job is running",
    "list.waiting": "waits for its job",
    "list.running": "its job is running",
    "list.undoing": "its job is running",
    "list.cancelled": "final; nothing of it is left",
    "list.undone": "final; nothing of it is left",
}
EMPTY_TIMES: dict[str, tuple[str, ...] | str] = {
    "rosters.finished_at": "its job works; one that stopped has the state failed",
    "rosters.handled_at": ("list.failed", "list.refused"),
    "rosters.proposed_at": ("list.unfinished",),
    "rosters.decided_at": ("list.proposed",),
    "rosters.undone_at": "most lists are never taken back",
    "roster_changes.updated_before": "when a list changed the worker, or nothing if it did not",
    "roster_changes.applied_at": "the list waits, as `list.unfinished` or `list.proposed`",
    "roster_changes.undone_at": "most lists are never taken back",
}
