"""What an NPWP can be, and which holder is the agent."""

from __future__ import annotations

import pytest

from agentsys.errors import Invalid
from agentsys.papers import account_queries, npwp
from agentsys.papers.account_models import NpwpKind

NIK = "6474011203850001"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("01.234.567.8-901.000", NpwpKind.OLD),
        ("0012345678901000", NpwpKind.NEW),
        (NIK, NpwpKind.NIK),
    ],
)
def test_an_npwp_is_told_by_its_form(text: str, kind: NpwpKind) -> None:
    assert npwp.parse(text).kind is kind


@pytest.mark.parametrize(
    "text", ["1234", "0" * 15, "0" * 16, "12345678901234567", "9999999999999999", "abc", "١" * 15]
)
def test_what_cannot_be_an_npwp_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        npwp.parse(text)

    assert refused.value.facts["about"] == "npwp"


@pytest.mark.parametrize(
    ("holder", "same"),
    [("SITI  AMINAH", True), ("Siti Aminah.", True), ("Siti", False), ("Budi Santoso", False)],
)
def test_another_holder_is_noticed(holder: str, same: bool) -> None:
    assert account_queries.same_name(holder, "Siti Aminah") is same
