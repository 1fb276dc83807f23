"""States of bank statements, and empty times of them and of closed months; see `states`."""

from __future__ import annotations

WAITS_FOR_NOBODY = {
    "fact_list.checked": "a list that somebody is looking at; nothing depends on it",
    "fact_list.applied": "final",
    "fact_list.dropped": "final",
    "bank_file.mapping": "the file's page asks who sent it what the columns hold",
    "bank_file.waiting": "waits for its job",
    "bank_file.done": "final; lines without a counterpart wait as `bank.issue`",
    "bank_file.refused": "final; nothing of it is stored, and its page says why",
}
EMPTY_TIMES: dict[str, tuple[str, ...] | str] = {
    "fact_lists.decided_at": "a list that somebody is looking at; nothing depends on it",
    "destructions.finished_at": "the next night goes on with it",
    "bank_files.finished_at": "its job reads it, or its page asks who sent it for the columns",
    "bank_matches.undone_at": "most matches stay",
    "bank_issues.closed_at": ("bank.issue",),
    "month_closings.sealed_at": "its job seals a month whose process died after the lock",
    "month_closings.reopen_asked_at": "most months stay closed",
    "month_closings.reopened_at": "the page of closings shows the wish; nothing else waits for it",
}
