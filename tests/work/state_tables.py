"""The enumerations that are states, and those that are not."""

from __future__ import annotations

from enum import StrEnum

from agentsys.agreements.kinds import AgreementState, BillState, FactListState, VersionState
from agentsys.benefits.models import ClaimState
from agentsys.changes.models import ChangeState
from agentsys.commissions.approving.models import StageRuleState
from agentsys.commissions.carried.models import CarriedState
from agentsys.commissions.models import StatementState
from agentsys.commissions.rates.models import RatesState
from agentsys.contributions.earlier_models import EarlierState
from agentsys.contributions.models import ContributionState
from agentsys.contributions.tariff_models import TariffState
from agentsys.corrections.models import CorrectionState
from agentsys.data_rights.models import DataRequestState
from agentsys.duplicates.merge_models import MergeState
from agentsys.duplicates.models import PairState
from agentsys.extension.contract import MandateState, PaymentState
from agentsys.handovers.models import HandoverState
from agentsys.papers.account_models import AgentAccountState
from agentsys.payments.debit_models import DebitState, NoticeState
from agentsys.payments.deduction_models import DeductionState
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.models import CaseKind
from agentsys.payments.models import Outcome as CallbackOutcome
from agentsys.payments.provider_models import ChannelHealth
from agentsys.payments.refund_models import RefundState
from agentsys.payments.reversal_models import ReversalState
from agentsys.payments.unexplained_models import Outcome as UnexplainedOutcome
from agentsys.payouts.models import BatchState, LineState
from agentsys.payouts.receipt_models import DifferenceState as CommissionDifferenceState
from agentsys.payouts.receipt_models import ReceiptState
from agentsys.people.models import AgentStatus
from agentsys.remittances.difference_models import SettlementState
from agentsys.remittances.models import RemittanceState
from agentsys.statements.models import FileState
from agentsys.terms.models import TermsState
from agentsys.transfers.models import TransferState
from agentsys.workers.kinds import NewToBpu, Registration, RosterStatus

# The enumerations that are states, by the name of their object. Add new ones here.
TABLES: dict[str, type[StrEnum]] = {
    "payment": PaymentState,
    "deposit": DepositState,
    "remittance": RemittanceState,
    "settlement": SettlementState,
    "statement": StatementState,
    "transfer": TransferState,
    "change": ChangeState,
    "refund": RefundState,
    "reversal": ReversalState,
    "deduction": DeductionState,
    "correction": CorrectionState,
    "tariff": TariffState,
    "commission_terms": TermsState,
    "commission_carried": CarriedState,
    "commission_rates": RatesState,
    "stage_rule": StageRuleState,
    "commission_receipt": ReceiptState,
    "commission_difference": CommissionDifferenceState,
    "payout_batch": BatchState,
    "payout_line": LineState,
    "contribution": ContributionState,
    "list": RosterStatus,
    "case": CaseKind,
    "callback": CallbackOutcome,
    "channel": ChannelHealth,
    "mandate": MandateState,
    "debit": DebitState,
    "notice": NoticeState,
    "unexplained": UnexplainedOutcome,
    "agent": AgentStatus,
    "bpjs_answer": NewToBpu,
    "data_request": DataRequestState,
    "earlier": EarlierState,
    "claim": ClaimState,
    "registration": Registration,
    "handover": HandoverState,
    "pair": PairState,
    "agent_account": AgentAccountState,
    "merge": MergeState,
    "agreement": AgreementState,
    "list_version": VersionState,
    "bill": BillState,
    "bank_file": FileState,
    "fact_list": FactListState,
}

# Enumerations that are no states.
NOT_STATES = {
    "Action": "what a provider is asked; it is asked until it answers",
    "Beneficiary": "who earns a line",
    "Correctable": "what a correction undoes",
    "ReminderStage": "which reminder about a month it is",
    "RatesCertainty": "whether a source says so, or we read it so",
    "CarriedKind": "why something is carried into a statement",
    "CommissionFunding": "whose money commissions are",
    "DifferenceWay": "what happens with a difference with BPJS about a commission",
    "TaxKind": "which income tax is withheld",
    "Withholder": "who withholds tax",
    "StageBy": "who gives a later approval of a commission",
    "TaxPeriod": "over which time tax is counted",
    "TariffKind": "what a tariff table is about",
    "TariffCertainty": "how sure a tariff table is",
    "Decline": "why a debit was refused",
    "MandateEnd": "why a mandate ended",
    "NoticeKind": "what a notice tells",
    "Relation": "whose account it is",
    "Custody": "who holds the money of a payment; what is held for too long waits as an account",
    "DifferenceKind": "why BPJS was paid another sum",
    "SettlementWay": "how a difference with BPJS is settled",
    "Direction": "whether a transfer goes out or comes in",
    "LinkKind": "what a link opens",
    "DataRequestKind": "what a worker asks for",
    "Funding": "who pays a contribution",
    "Programmes": "what a worker is insured for",
    "Sector": "what a worker does",
    "Work": "how a worker works",
    "ClaimKind": "what happened",
    "HeirRelation": "what an heir is to the worker",
    "RegisteredHow": "how it is known that BPJS registered a worker",
    "EndReason": "why a membership ended",
    "OfficeKind": "what an office is; it stays",
    "PaperKind": "what an agent's paper is; its end is a day",
    "ScanKind": "what a scan is",
    "Kept": "a kind of record that is destroyed after some time",
    "NpwpKind": "what a taxpayer number is, by its form",
    "AgentStep": "what happened to an agent; the present state is the status",
    "AccessChangeKind": "how an admin could come to know how a user signs in",
    "CloseReason": "why nobody has to pay a bill any more",
    "EarlierKind": "why months count that nobody paid through us",
    "SponsorKind": "whose money a sponsor pays with",
    "PriceBasis": "how an agreement prices its months",
    "Ecosystem": "what kind of economy a worker belongs to",
    "GroupKind": "what a group of workers is",
    "ReversalWhy": "why a receipt is wrong",
    "AccountKind": "whose statement it is: a bank's or a provider's",
    "ThingKind": "which record a line of a statement is matched with",
    "IssueKind": "why a line has no counterpart; it waits until it is closed",
    "FactKind": "what is known of a worker",
    "Certainty": "how sure the facts of a list are",
    "LeaveReason": "why an agreement does not pay for a worker any more",
}
