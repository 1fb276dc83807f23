"""The cells of the matrix: every channel, every path that is legal for it, every fault.

Channels come from the plugins, and legal paths from the rules of the simulator, so a new channel is
in the matrix by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agentsys.demo.midtrans_simulator.channels.methods import METHODS, Method
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import CaseKind
from tests.plugins.midtrans_channels import ALL

P, K = PaymentState, CaseKind
ASKED_IDR = 16_800
WRONG_IDR = 17_800
PART_IDR = 5_000  # of a refund in part

# Names of our channels where the gateway's differ.
SLOW = ("endless", "hang", "drip", "drip_for_ever")
IMPATIENT = {"AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S": "0.3"}
METHOD_OF = {"mandiri_bill": "echannel"}


@dataclass(frozen=True, kw_only=True)
class Books:
    """What the journal, the contributions and the receipts say of a payment."""

    clearing_idr: int = 0
    suspense_idr: int = 0
    owed_bpjs_idr: int = 0
    other_idr: int = 0  # in any other account, without signs
    month_is_paid: bool = False
    has_receipt: bool = False


@dataclass(frozen=True, kw_only=True)
class End:
    """How a payment must end: its state, the rupiah that the provider holds of it, open cases."""

    state: PaymentState
    held_idr: int = 0
    cases: tuple[CaseKind, ...] = ()  # in the order of their names

    @property
    def books(self) -> Books:
        """Paid contributions are owed to BPJS; other money waits in suspense for a person."""
        settled = self.state is P.SETTLED
        for_bpjs = ASKED_IDR if settled else 0
        return Books(
            clearing_idr=self.held_idr,
            suspense_idr=self.held_idr - for_bpjs,
            owed_bpjs_idr=for_bpjs,
            month_is_paid=settled,
            has_receipt=self.state in (P.SETTLED, P.REFUNDED),
        )


@dataclass(frozen=True, kw_only=True)
class Path:
    """What happens at the gateway after the bill was made, step by step."""

    steps: tuple[str, ...]
    end: End
    legal: Callable[[Method], bool] = lambda method: True


def _of(*cases: CaseKind) -> tuple[CaseKind, ...]:
    return tuple(sorted(cases))


def _settled(*cases: CaseKind) -> End:
    return End(state=P.SETTLED, held_idr=ASKED_IDR, cases=_of(*cases))


PATHS: Mapping[str, Path] = {
    "paid": Path(steps=("pay",), end=_settled()),
    "denied": Path(steps=("deny",), end=End(state=P.FAILED)),
    "expired": Path(steps=("expire",), end=End(state=P.EXPIRED)),
    "cancelled": Path(
        steps=("cancel",), end=End(state=P.EXPIRED), legal=lambda method: method.cancellable
    ),
    "paid_late": Path(steps=("expire", "pay"), end=_settled(K.PAID_LATE)),
    # The order is charged again, and the notices of its first attempt come among those of the
    # second.
    "second_attempt": Path(steps=("expire", "again", "pay"), end=_settled(K.PAID_LATE)),
    "refunded": Path(
        steps=("pay", "refund"), end=End(state=P.REFUNDED), legal=lambda m: bool(m.refund)
    ),
    "refunded_in_part": Path(
        steps=("pay", "refund_5000"),
        end=_settled(K.UNCLEAR),
        legal=lambda method: method.refund == "partial",
    ),
    "charged_back": Path(
        steps=("pay", "chargeback"), end=_settled(K.UNCLEAR), legal=lambda m: bool(m.refund)
    ),
    "reversed": Path(
        steps=("pay", "reverse"), end=_settled(K.REVERSED), legal=lambda m: m.reversal_s > 0
    ),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong: with the notices, with the answers about payments, or with the money."""

    notices: str = ""  # how the notices travel
    answer: str = ""  # how the first answer about each payment is spoilt
    knobs: Mapping[str, object] = field(default_factory=dict)
    fee_idr: int = 0  # what the gateway adds for the payer
    stops: bool = False  # the channel stops, and a person is told
    settings: Mapping[str, str] = field(default_factory=dict)  # of the channels
    ends: Mapping[str, End] = field(default_factory=dict)  # of paths that end in another way
    of_dana: Mapping[str, End] = field(default_factory=dict)  # which is asked by attempt
    spares: frozenset[str] = frozenset()  # channels that it does not change
    refuses: bool = False  # each notice comes once spoilt, and that one is refused

    def end(self, cell: Cell) -> End:
        """How this cell ends under this fault."""
        usual = PATHS[cell.path].end
        if cell.channel == "dana" and cell.path in self.of_dana:
            return self.of_dana[cell.path]
        return usual if cell.channel in self.spares else self.ends.get(cell.path, usual)


# Where only the last state is seen, nothing was settled before, so nothing has to be undone.
_LAST_NEWS_ONLY = {
    "paid_late": _settled(),
    "second_attempt": _settled(),
    "refunded_in_part": End(state=P.PENDING, held_idr=ASKED_IDR - PART_IDR, cases=_of(K.UNCLEAR)),
    "charged_back": End(state=P.PENDING, cases=_of(K.UNCLEAR)),
    "reversed": End(state=P.FAILED),
}
# No notice of the last step comes. What was settled is asked about once more where it may be
# reversed; a refund that somebody made elsewhere shows in what the provider pays out.
_LAST_IS_LOST = {
    "refunded": _settled(),
    "refunded_in_part": _settled(),
    "charged_back": _settled(),
}
# A payment of another sum is held in suspense until a person decides; a refund takes it out.
_OTHER_SUM = {
    "paid": End(state=P.PENDING, held_idr=WRONG_IDR, cases=_of(K.OTHER_AMOUNT)),
    "paid_late": End(state=P.EXPIRED, held_idr=WRONG_IDR, cases=_of(K.OTHER_AMOUNT)),
    "second_attempt": End(state=P.EXPIRED, held_idr=WRONG_IDR, cases=_of(K.OTHER_AMOUNT)),
    "refunded": End(state=P.FAILED, cases=_of(K.OTHER_AMOUNT, K.OTHER_AMOUNT)),
    "refunded_in_part": End(
        state=P.PENDING, held_idr=WRONG_IDR, cases=_of(K.OTHER_AMOUNT, K.UNCLEAR)
    ),
    "charged_back": End(state=P.PENDING, held_idr=WRONG_IDR, cases=_of(K.OTHER_AMOUNT, K.UNCLEAR)),
    "reversed": End(state=P.FAILED, cases=_of(K.OTHER_AMOUNT)),
}

FAULTS: Mapping[str, Fault] = {
    "none": Fault(),
    "duplicate": Fault(notices="duplicate"),
    "reorder": Fault(notices="reorder", ends=_LAST_NEWS_ONLY),
    "delay": Fault(
        notices="delay",
        ends=_LAST_NEWS_ONLY,
        of_dana={"second_attempt": PATHS["second_attempt"].end},
    ),
    "drop": Fault(
        notices="drop",
        ends=_LAST_NEWS_ONLY,
        # An attempt of which nobody told us shows in what the provider pays out.
        of_dana={"second_attempt": End(state=P.EXPIRED)},
    ),
    "last_dropped": Fault(notices="last_dropped", ends=_LAST_IS_LOST),
    "replay": Fault(notices="replay"),
    "forged": Fault(notices="forged", refuses=True),
    "truncated": Fault(notices="truncated", refuses=True),
    "unknown_fields": Fault(notices="unknown_fields"),
    "relabelled": Fault(notices="relabelled"),
    "fee_imposed": Fault(fee_idr=4_000),
    "wrong_sum": Fault(
        knobs={"status_fields": {"gross_amount": f"{WRONG_IDR}.00"}},
        spares=frozenset({"bni_va"}),  # BNI says itself what was paid
        ends=_OTHER_SUM,
    ),
    **{
        f"answer_{name}": Fault(
            answer=name,
            stops=name in ("401", "402"),
            settings=IMPATIENT if name in SLOW else {},
        )
        for name in (
            "401", "402", "429", "500", "500_says_404", "503", "html_502", "null", "redirect",
            "bad_status_code", "cut_short", "endless", "hang", "drip", "drip_for_ever",
        )
    },
}  # fmt: skip


@dataclass(eq=False)
class Cell:
    """One channel on one path: one payment."""

    channel: str
    path: str
    reference: str = ""
    number: str = ""  # the gateway's

    def __str__(self) -> str:
        """What a failure names."""
        return f"{self.channel} × {self.path}"

    @staticmethod
    def all() -> Sequence[Cell]:
        """Every channel with every path that is legal for it, always the same objects."""
        return _CELLS


_CELLS = [
    Cell(channel, name)
    for channel in ALL
    for name, path in PATHS.items()
    if path.legal(METHODS[METHOD_OF.get(channel, channel)])
]
