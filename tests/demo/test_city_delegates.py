"""The demo city has a supervisor who is away, and a delegate who has something to decide."""

from __future__ import annotations

from tests.demo.conftest import Seeded


def test_a_supervisor_is_away_and_the_colleague_has_statements_to_decide(town: Seeded) -> None:
    [(away, delegate, named_by, active)] = town.rows(
        "SELECT user_id, delegate_id, named_by, until_on >= current_date FROM delegations"
    )
    [(waiting,)] = town.rows(
        "SELECT count(*) FROM statements s JOIN agents a ON a.id = s.agent_id"
        f" WHERE s.state = 'submitted' AND a.supervisor_id = {away}"
    )

    assert (away != delegate, named_by == away, active) == (True, True, True)
    assert waiting > 0
