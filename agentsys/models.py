"""Every table, so that migrations and tests see them all."""

from agentsys.agreements import fact_models as facts
from agentsys.agreements import models as agreements
from agentsys.audit import models as audit
from agentsys.benefits import models as benefits
from agentsys.changes import models as changes
from agentsys.closing import models as closing
from agentsys.commissions import models as commissions
from agentsys.commissions.approving import models as commission_stages
from agentsys.commissions.carried import models as commission_carried
from agentsys.commissions.rates import models as commission_rates
from agentsys.contributions import earlier_models as earlier_months
from agentsys.contributions import holiday_models as holidays
from agentsys.contributions import models as contributions
from agentsys.contributions import planned_prices
from agentsys.contributions import schedule_models as billing_schedules
from agentsys.contributions import tariff_models as tariffs
from agentsys.corrections import models as corrections
from agentsys.duplicates import merge_models as merges
from agentsys.duplicates import models as duplicates
from agentsys.events import models as events
from agentsys.figures import models as figures
from agentsys.handovers import models as handovers
from agentsys.ledger import models as ledger
from agentsys.papers import account_models as agent_accounts
from agentsys.papers import models as papers
from agentsys.payments import count_models as cash_counts
from agentsys.payments import credit_models as credit_holds
from agentsys.payments import debit_models as debits
from agentsys.payments import deduction_models as deductions
from agentsys.payments import deposit_models as deposits
from agentsys.payments import evidence_models as evidence
from agentsys.payments import fee_models as fees
from agentsys.payments import link_models as links
from agentsys.payments import mandate_models as mandates
from agentsys.payments import models as payments
from agentsys.payments import payout_models as payouts
from agentsys.payments import provider_models as providers
from agentsys.payments import refund_models as refunds
from agentsys.payments import reversal_models as reversals
from agentsys.payments import unexplained_models as unexplained
from agentsys.payouts import models as commission_payouts
from agentsys.payouts import receipt_models as commission_receipts
from agentsys.people import delegate_models as delegations
from agentsys.people import models as people
from agentsys.people import steps
from agentsys.people import substitute_models as substitutions
from agentsys.remittances import difference_models as bpjs_differences
from agentsys.remittances import models as remittances
from agentsys.reports import models as reports
from agentsys.retention import models as destructions
from agentsys.statements import models as bank_statements
from agentsys.terms import models as commission_terms
from agentsys.transfers import account_models as office_accounts
from agentsys.transfers import models as transfers
from agentsys.work import models as work
from agentsys.workers import kelurahan_models as kelurahan
from agentsys.workers import models as workers
from agentsys.workers import nik_models as niks

__all__ = [
    "agent_accounts",
    "agreements",
    "audit",
    "bank_statements",
    "benefits",
    "billing_schedules",
    "bpjs_differences",
    "cash_counts",
    "changes",
    "closing",
    "commission_carried",
    "commission_payouts",
    "commission_rates",
    "commission_receipts",
    "commission_stages",
    "commission_terms",
    "commissions",
    "contributions",
    "corrections",
    "credit_holds",
    "debits",
    "deductions",
    "delegations",
    "deposits",
    "destructions",
    "duplicates",
    "earlier_months",
    "events",
    "evidence",
    "facts",
    "fees",
    "figures",
    "handovers",
    "holidays",
    "kelurahan",
    "ledger",
    "links",
    "mandates",
    "merges",
    "niks",
    "office_accounts",
    "papers",
    "payments",
    "payouts",
    "people",
    "planned_prices",
    "providers",
    "refunds",
    "remittances",
    "reports",
    "reversals",
    "steps",
    "substitutions",
    "tariffs",
    "transfers",
    "unexplained",
    "work",
    "workers",
]
