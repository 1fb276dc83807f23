"""Two records of one person in a living office: merged by two persons, and separated again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from agentsys.duplicates import merging, undoing
from agentsys.workers.models import Worker
from tests.duplicates.steps import rows_of
from tests.memberships.life import LivingOffice


@dataclass
class Merges:
    """The merges of an office that hold, and the months that each gave to the record it kept."""

    office: LivingOffice
    given: dict[int, tuple[int, set[date]]] = field(default_factory=dict)

    def merge(self, kept: int, merged: int) -> int:
        """One proposes that both are one person, another agrees; the merge, 0 if refused."""
        office, made = self.office, 0
        with office.unless_refused():
            seen = merging.preview(office.session, kept_id=kept, merged_id=merged).version
            proposed = merging.propose_merge(
                office.session,
                kept_id=kept,
                merged_id=merged,
                seen=seen,
                reason="Satu KTP",
                actor_id=office.leader.id,
            )
            merging.approve_merge(
                office.session, merge_id=proposed.id, seen=seen, actor_id=office.other_leader.id
            )
            made = proposed.id
            new = office.at_bpjs[merged] - office.at_bpjs[kept]
            office.at_bpjs[kept] |= new
            self.given[made] = (kept, new)
        return made

    def undo(self, merge_id: int) -> None:
        """The two are two again, unless that is refused."""
        office = self.office
        with office.unless_refused():
            undoing.undo_merge(
                office.session,
                merge_id=merge_id,
                reason="Dua orang",
                actor_id=office.other_leader.id,
            )
            kept, months = self.given.pop(merge_id)
            office.at_bpjs[kept] -= months

    def merge_and_undo(self, kept: int, merged: int) -> None:
        """A mistake that is seen at once: everything is as it was, to the row."""
        session = self.office.session
        both = [session.get_one(Worker, worker_id) for worker_id in (kept, merged)]
        before = rows_of(session, *both)
        made = self.merge(kept, merged)
        if made:
            self.undo(made)
            assert made not in self.given
            assert rows_of(session, *both) == before
