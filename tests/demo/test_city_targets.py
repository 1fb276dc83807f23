"""The demo city has targets of cover, so that its reports say how far it is."""

from __future__ import annotations

import pytest

from agentsys.demo.city import aiming
from agentsys.demo.names import KELURAHAN
from agentsys.money import share
from agentsys.workers.kinds import Ecosystem
from tests.demo.conftest import Seeded


def test_some_targets_of_cover_are_passed_and_most_are_not(town: Seeded) -> None:
    rows = town.rows(
        "SELECT kelurahan, people, (SELECT count(*) FROM workers w JOIN offices o"
        " ON o.id = w.office_id WHERE o.id = t.office_id AND w.kelurahan = t.kelurahan)"
        " FROM coverage_targets t WHERE kelurahan <> ''"
    )
    passed = [place for place, wanted, recorded in rows if recorded >= wanted]

    assert {place for place, _, _ in rows} == {name for name, *_ in KELURAHAN}
    assert 0 < len(passed) < len(rows) / 2
    kinds = "SELECT ecosystem FROM coverage_targets WHERE ecosystem IS NOT NULL"
    assert town.words(kinds) == {kind.value for kind in Ecosystem}
    assert town.words("SELECT source FROM coverage_targets") == {aiming.SOURCE}


@pytest.mark.parametrize("recorded", [1, 4, 8, 11, 99])
@pytest.mark.parametrize("percent", aiming._PERCENT)
def test_a_round_target_stays_on_its_side_of_what_is_recorded(recorded: int, percent: int) -> None:
    wanted = aiming._rounded(share(recorded, percent), up=percent > 100)

    assert wanted > 0
    assert (wanted <= recorded) == (percent < 100)
