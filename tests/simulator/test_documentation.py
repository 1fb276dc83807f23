"""docs/simulator.md names all that can be turned, spoilt and done, and its script is a good one."""

from dataclasses import fields
from pathlib import Path

import pytest

from agentsys.demo.midtrans_simulator.commands import simulator
from agentsys.demo.midtrans_simulator.faults.answers import FAULTS
from agentsys.demo.midtrans_simulator.faults.knobs import OPERATIONS, Knobs
from agentsys.demo.midtrans_simulator.scenarios.actions import KIND_OF_ACTION
from agentsys.demo.midtrans_simulator.scenarios.script import steps_of_text

TEXT = (Path(__file__).parents[2] / "docs/simulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "names", [[f.name for f in fields(Knobs)], FAULTS, OPERATIONS, tuple(KIND_OF_ACTION)]
)
def test_everything_has_its_name_in_the_documentation(names):
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_every_option_of_the_command_is_in_the_documentation():
    options = [name for option in simulator.params for name in option.opts]

    assert [name for name in options if f"`{name}" not in TEXT] == []


def test_the_documented_script_is_a_good_one():
    script = TEXT.partition("```toml\n")[2].partition("```")[0]

    assert len(steps_of_text(script)) == 7
