"""Background jobs of lists of workers."""

from __future__ import annotations

from sqlalchemy import text

from agentsys.contributions import attribution
from agentsys.db import transaction
from agentsys.rosters import failing, importing, looking, storage, undoing
from agentsys.runtime import runtime
from agentsys.workers.models import Roster, RosterStatus

_WITH_A_JOB = text("""
    SELECT CAST(args ->> 'roster_id' AS bigint) FROM procrastinate_jobs
    WHERE task_name = ANY (:tasks) AND status IN ('todo', 'doing')
""")


_COUNT_ANEW = text("ANALYZE workers, enrolments, assignments, agreement_members")
MANY = 5_000  # new workers


def read_list(roster_id: int) -> None:
    """Look at the columns of an uploaded list; check it, once they are known."""
    found = looking.look_at(vault=runtime().vault, roster_id=roster_id)
    if found.status is RosterStatus.CHECKING:
        check_list(roster_id)


def check_list(roster_id: int) -> None:
    """Find out what an import would do."""
    importing.check_roster(
        vault=runtime().vault, roster_id=roster_id, row_limit=runtime().settings.roster_rows
    )


def import_roster(roster_id: int) -> None:
    """Import a list, and do what follows."""
    importing.import_roster(
        vault=runtime().vault, roster_id=roster_id, row_limit=runtime().settings.roster_rows
    )
    follow_import(roster_id)


def follow_import(roster_id: int) -> None:
    """Assign open months to the agents named in the list, and delete all but its rejected rows.

    After a large list PostgreSQL counts the tables anew, before all else: pages that show the list
    and the billing that follows are planned for as many rows as there are.
    """
    with transaction() as session:
        roster = session.get_one(Roster, roster_id)
        office_id = roster.office_id
        if roster.created >= MANY:
            session.execute(_COUNT_ANEW)
    with transaction() as session:
        attribution.adopt_open_months(session, office_id=office_id)
    keep_refused(roster_id)


def keep_refused(roster_id: int) -> None:
    """Keep only the refused rows of an imported list."""
    storage.keep_refused(vault=runtime().vault, roster_id=roster_id)


def undo_list(roster_id: int) -> None:
    """Take back what a list stored."""
    undoing.undo(roster_id)


def fail_abandoned_rosters() -> None:
    """Fail the open lists whose job is gone, so that their files can be sent again."""
    tasks = [job.__name__ for job in WORKING]
    with transaction() as session:
        with_a_job = session.scalars(_WITH_A_JOB, {"tasks": tasks}).all()
    failing.fail_abandoned(except_for=with_a_job)


WORKING = (read_list, check_list, import_roster, undo_list)
