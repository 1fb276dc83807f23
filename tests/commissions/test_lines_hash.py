"""The fingerprint of a statement's lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentsys.commissions.lines import Item, lines_hash
from agentsys.extension.contract import Beneficiary, Message
from tests.commissions.builders import (
    NOVEMBER,
)

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)

items = st.builds(
    Item,
    rule=names,
    version=names,
    beneficiary=st.sampled_from(Beneficiary),
    subject=names,
    amount_idr=st.integers(-(10**9), 10**9),
    reason=st.builds(
        Message, text=names, values=st.dictionaries(names, st.integers() | names, max_size=3)
    ),
    worker_id=st.none(),
    month=st.none(),
)


@given(st.lists(items, max_size=6, unique_by=lambda item: item.key), st.randoms())
def test_the_fingerprint_forgets_the_order_and_nothing_else(
    granted: list[Item], dice: object
) -> None:
    shuffled = list(granted)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = lines_hash(1, 2, NOVEMBER, granted)

    assert lines_hash(1, 2, NOVEMBER, shuffled) == whole
    assert lines_hash(9, 2, NOVEMBER, granted) != whole
    assert lines_hash(1, 9, NOVEMBER, granted) != whole
    for number in range(len(granted)):
        assert lines_hash(1, 2, NOVEMBER, granted[:number] + granted[number + 1 :]) != whole
