"""Numbers of virtual accounts: one for each payer at each bank, never that of another payer."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import Payer, PayerKind, PaymentState
from agentsys.plugins.virtual_account.numbers import fits, number_of
from tests.plugins.midtrans_channels import ACCOUNTS, a_bill, all_channels

DIGITS = {"bca_va": 11, "bni_va": 8, "bri_va": 13, "cimb_va": 12, "permata_va": 12}
DIGITS["mandiri_bill"] = 12
LAST = {PayerKind.WORKER: 8, PayerKind.AGENT: 1, PayerKind.SPONSOR: 1}


def test_the_first_digit_says_who_pays():
    numbers = [number_of(Payer(kind=kind, id=7), 8) for kind in PayerKind]

    assert numbers == ["00000007", "80000007", "90000007"]


@pytest.mark.parametrize("digits", sorted(set(DIGITS.values())))
def test_no_two_payers_have_the_same_number(digits):
    block = 10 ** (digits - 1)
    ids = {1, 2, block - 1, block, block + 1, 7 * block, 8 * block - 1, 8 * block, 9 * block}
    payers = [Payer(kind=kind, id=number) for kind in PayerKind for number in ids]

    numbers = [number_of(payer, digits) for payer in payers if fits(payer, digits)]

    assert len(numbers) == len(set(numbers))
    assert {len(number) for number in numbers} == {digits}


@pytest.mark.parametrize("kind", PayerKind)
def test_an_id_beyond_its_range_has_no_number(kind):
    last = LAST[kind] * 10**7 - 1

    assert number_of(Payer(kind=kind, id=last), 8)[0] == {"worker": "7", "agent": "8"}.get(
        kind.value, "9"
    )
    for beyond in (0, -1, last + 1):
        assert not fits(Payer(kind=kind, id=beyond), 8)
        with pytest.raises(ValueError, match="has no number of 8 digits"):
            number_of(Payer(kind=kind, id=beyond), 8)


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("kind", PayerKind)
def test_each_bank_gives_a_payer_the_same_number_again(sim, name, kind):
    channel = all_channels(sim)[name]
    payer = Payer(kind=kind, id=42)

    first = channel.start(a_bill("P-1", payer=payer))
    channel.cancel("P-1")
    again = channel.start(a_bill("P-2", payer=payer))

    assert first.codes[-1].value == again.codes[-1].value
    assert first.codes[-1].value.endswith(number_of(payer, DIGITS[name]))


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("kind", PayerKind)
def test_a_payer_without_a_number_is_refused_and_nothing_is_charged(sim, name, kind):
    channel = all_channels(sim)[name]
    beyond = Payer(kind=kind, id=LAST[kind] * 10 ** (DIGITS[name] - 1))

    report = channel.start(a_bill("P-1", payer=beyond))

    assert report.state is PaymentState.FAILED
    assert "terlalu pendek" in report.reason
    assert list(sim.gateway.transactions()) == []


def test_agents_pay_by_virtual_account_only(sim):
    takers = {c.name for c in all_channels(sim).values() if PayerKind.AGENT in c.payers}

    assert takers == set(ACCOUNTS)
