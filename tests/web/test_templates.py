"""Templates have short lines and no duplicates."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from agentsys.commissions.models import StatementState
from agentsys.contributions.models import ContributionState
from agentsys.extension.contract import PaymentState
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.models import CaseKind
from agentsys.people.models import AgentStatus
from agentsys.remittances.models import RemittanceState
from agentsys.web.state_words import WORDS, state_word

FOLDERS = ("templates", "agentsys/demo/midtrans_simulator/templates")


def templates(here: Path) -> dict[str, str]:
    return {
        str(path.relative_to(here)): path.read_text()
        for folder in FOLDERS
        for path in sorted((here / folder).rglob("*.html"))
    }


def test_no_line_of_a_template_is_longer_than_120_columns(here: Path) -> None:
    long = [
        f"{name}:{number}"
        for name, text in templates(here).items()
        for number, line in enumerate(text.splitlines(), 1)
        if len(line) > 120
    ]

    assert long == []


def test_every_layout_that_a_page_asks_for_has_its_styles(here: Path) -> None:
    asked = {
        (name, layout)
        for name, text in templates(here).items()
        for layout in re.findall(r'set layout = "([^"]*)"', text)
    }

    assert {layout for _, layout in asked} >= {"desktop", "phone", "plain"}
    assert [found for found in asked if found[1] not in ("desktop", "phone", "plain")] == []


def test_a_page_writes_nothing_before_its_layout(here: Path) -> None:
    env = Environment()
    outside = [
        name
        for name, text in templates(here).items()
        if "{% extends" in text
        for output in env.parse(text).body
        if isinstance(output, nodes.Output)
        for data in output.nodes
        if isinstance(data, nodes.TemplateData) and data.data.strip()
    ]

    assert outside == []


def test_every_macro_is_used(here: Path) -> None:
    found = templates(here)
    imports = re.findall(r"{%-?\s*from \S+ import (.*?)%}", "".join(found.values()), re.DOTALL)
    imported = {
        re.split(r"\s+as\s+", name.strip())[0] for names in imports for name in names.split(",")
    }

    unused = [
        f"{name}: {macro}"
        for name, text in found.items()
        for macro in re.findall(r"{%-? *macro (\w+)\(", text)
        if macro not in imported and not re.search(rf"{{[{{%](?! *macro)[^}}]*\b{macro}\(", text)
    ]

    assert unused == []


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        ("payment", PaymentState),
        ("contribution", ContributionState),
        ("deposit", DepositState),
        ("statement", StatementState),
        ("remittance", RemittanceState),
        ("case", CaseKind),
        ("agent", AgentStatus),
    ],
)
def test_every_state_has_a_word(kind: str, states: type[StrEnum]) -> None:
    assert set(states) <= set(WORDS[kind])


def test_a_state_without_a_word_is_shown_as_it_is() -> None:
    assert state_word("payment", "strange").text == "strange"
