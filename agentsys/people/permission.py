"""The actions that a user may be allowed."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One action that a user may be allowed. Those that end in `read` change nothing."""

    PORTFOLIO_READ = "portfolio.read"  # own workers and payments
    OWN_CASH_READ = "own_cash.read"  # own cash and deposits
    NIK_REVEAL = "nik.reveal"  # the whole number of an own worker; looking is recorded
    WORKER_ENROL = "worker.enrol"
    OWN_WORKER_CHANGE = "own_worker.change"  # as worker.change
    PAYMENT_COLLECT = "payment.collect"  # ask for money, give a pay link, cancel a request
    MANDATE_INVITE = "mandate.invite"  # invite to auto-debit, hand over its messages, note visits
    DEPOSIT_DECLARE = "deposit.declare"
    OWN_COMMISSION_READ = "own_commission.read"

    OWN_ACCOUNT_READ = "own_account.read"  # own bank account and NPWP
    OWN_ACCOUNT_CHANGE = "own_account.change"  # propose another, or stop a change

    HOLIDAY_SET = "holiday.set"  # add a public holiday, or remove one, for all offices

    TARIFF_READ = "tariff.read"  # the tables of prices, and what a proposed one would change
    TARIFF_PROPOSE = "tariff.propose"  # for all offices; or withdraw it
    TARIFF_RELEASE = "tariff.release"  # or refuse it, as a second person

    WORK_READ = "work.read"  # what waits for those who decide it
    WORK_TAKE = "work.take"  # hold it, or hand it over

    TEAM_READ = "team.read"
    TEAM_LEAD = "team.lead"  # follow up what agents of the team left undone
    SUBSTITUTE_SET = "substitute.set"  # who works the portfolio of an agent on leave
    ROSTER_READ = "roster.read"
    ROSTER_UPLOAD = "roster.upload"  # any list of workers, and take the steps that follow
    ROSTER_HANDLE = "roster.handle"  # the same for sponsors' lists alone, from an agreement's page
    ROSTER_APPROVE = "roster.approve"  # or return, as a second person: it changes registered people
    COMMISSION_READ = "commission.read"
    COMMISSION_DECIDE = "commission.decide"  # give one of the approvals below, or return
    COMMISSION_APPROVE = "commission.approve"  # as the agent's supervisor: the first approval
    COMMISSION_APPROVE_SECOND = "commission.approve_second"  # of large sums, after the supervisor
    COMMISSION_APPROVE_LAST = "commission.approve_last"  # of large sums, for admins alone
    DELEGATE_READ = "delegate.read"  # who approves for a supervisor who is away
    DELEGATE_SET = "delegate.set"  # name one for oneself; admins for others
    COMMISSION_TERMS_READ = "commission_terms.read"  # who pays commissions, who withholds tax
    COMMISSION_TERMS_PROPOSE = "commission_terms.propose"
    COMMISSION_PAY_READ = "commission_pay.read"  # what BPJS paid, payouts to agents, tax
    COMMISSION_PAY_PREPARE = "commission_pay.prepare"  # a batch; or record what BPJS paid
    COMMISSION_PAY_APPROVE = "commission_pay.approve"  # or refuse, as a second person
    COMMISSION_PAY_SEND = "commission_pay.send"  # give the bank the file, and record its results
    COMMISSION_TERMS_APPROVE = "commission_terms.approve"  # or refuse, as a second person

    WORKER_READ = "worker.read"  # the page of any worker in reach, with what happened
    MEMBERSHIP_CHANGE = "membership.change"  # end it, or resume it
    WORKER_CHANGE = "worker.change"  # plain data at once; money and identity are proposed
    CHANGE_READ = "change.read"  # proposed changes
    CHANGE_APPROVE = "change.approve"  # or refuse
    DUPLICATE_READ = "duplicate.read"  # workers who may be one person
    DUPLICATE_DECIDE = "duplicate.decide"  # say that they are two persons, or propose a merge
    MERGE_APPROVE = "merge.approve"  # or refuse, as a second person; or undo it
    REGISTRATION_RECORD = "registration.record"  # what BPJS says about a worker's registration
    HEIR_RECORD = "heir.record"  # of a worker, or remove one
    CLAIM_RECORD = "claim.record"  # how far a claim at BPJS is
    EARLIER_RECORD = "earlier.record"  # months paid elsewhere, or ask to take them back
    EARLIER_APPROVE = "earlier.approve"  # or refuse, as a second person

    SPONSOR_READ = "sponsor.read"  # sponsors, their agreements, lists, bills and money
    SPONSOR_RECORD = "sponsor.record"  # sponsors and lists; propose an agreement, or its end
    AGREEMENT_APPROVE = "agreement.approve"  # or refuse, as a second person; lists too
    BILL_SEND = "bill.send"  # a sponsor's bill
    SPONSOR_PAYMENT_RECORD = "sponsor_payment.record"  # a transfer that came for a bill
    SPONSOR_PAYMENT_CONFIRM = "sponsor_payment.confirm"  # or refuse, as a second person

    REPORT_READ = "report.read"  # sums about the whole office: cover, money, retention, benefits
    REPORT_TARGET = "report.target"  # enter how many workers are to be covered
    REPORT_PUBLISH = "report.publish"  # the list of sponsored people that is posted

    # What a worker asks about personal data: record and answer it, give the copy, erase.
    DATA_REQUEST = "data.request"

    AGENT_PAPER_READ = "agent_paper.read"  # papers, steps and deadlines of agents
    AGENT_PAPER_RECORD = "agent_paper.record"
    AGENT_ACCOUNT_READ = "agent_account.read"  # bank accounts of agents
    AGENT_ACCOUNT_GIVE = "agent_account.give"  # propose one for an agent
    AGENT_ACCOUNT_APPROVE = "agent_account.approve"  # or refuse, as a second person
    HANDOVER_READ = "handover.read"
    HANDOVER_MAKE = "handover.make"  # of agents in reach; or undo it
    HANDOVER_ACCEPT = "handover.accept"  # as the second person, of the receiving office

    BPJS_ANSWER_READ = "bpjs_answer.read"
    BPJS_ANSWER_RECORD = "bpjs_answer.record"

    BILLING_READ = "billing.read"
    BILLING_RUN = "billing.run"
    DEPOSIT_READ = "deposit.read"
    DEPOSIT_CONFIRM = "deposit.confirm"  # or return
    SHORTAGE_APPROVE = "shortage.approve"  # confirm a deposit with a large difference
    REMITTANCE_READ = "remittance.read"
    REMITTANCE_MAKE = "remittance.make"
    REMITTANCE_CODE = "remittance.code"
    REMITTANCE_CONFIRM = "remittance.confirm"
    REMITTANCE_CANCEL = "remittance.cancel"  # ask for it, decide it, or keep the batch
    REMITTANCE_EXPORT = "remittance.export"  # the list for EPS, with whole NIKs
    CONTRIBUTION_HOLD = "contribution.hold"  # or release
    PAYMENT_READ = "payment.read"
    PAYMENT_ASK = "payment.ask"  # ask the provider again
    REFUND_READ = "refund.read"
    REFUND_PROPOSE = "refund.propose"
    REFUND_APPROVE = "refund.approve"  # or refuse
    REVERSAL_READ = "reversal.read"  # cash receipts that are to be voided, and who does so often
    REVERSAL_PROPOSE = "reversal.propose"  # agents their own, for some hours; finance any
    REVERSAL_APPROVE = "reversal.approve"  # or refuse, as a second person
    PAYOUT_READ = "payout.read"
    PAYOUT_RECORD = "payout.record"
    OWN_FUNDS_RECORD = "own_funds.record"
    BANK_STATEMENT_READ = "bank_statement.read"  # lines of banks and gateways, and their records
    BANK_STATEMENT_UPLOAD = "bank_statement.upload"
    BANK_STATEMENT_MATCH = "bank_statement.match"  # or undo a match, or close what is left
    CALLBACK_READ = "callback.read"
    CALLBACK_PROCESS = "callback.process"
    CASE_READ = "case.read"
    CASE_CLOSE = "case.close"
    COMMISSION_RUN_READ = "commission_run.read"
    COMMISSION_COMPUTE = "commission.compute"
    DEBIT_READ = "debit.read"
    DEBIT_STOP = "debit.stop"  # or let debits be made again
    BOOKS_READ = "books.read"
    MONTH_CLOSE = "month.close"  # lock the books of a month
    MONTH_REOPEN = "month.reopen"  # ask for it, or decide it as a second person
    TRANSFER_READ = "transfer.read"
    TRANSFER_PROPOSE = "transfer.propose"
    TRANSFER_BOOK = "transfer.book"  # or refuse
    CORRECTION_PROPOSE = "correction.propose"  # of what was confirmed wrongly
    CORRECTION_APPROVE = "correction.approve"
    SUSPENSE_RECORD = "suspense.record"  # money that nobody explained yet
    SUSPENSE_EXPLAIN = "suspense.explain"

    TRAIL_READ = "trail.read"  # who did what, and who saw whole NIKs

    ESCALATION_SET = "escalation.set"  # after how many days late work goes one level higher

    USER_MANAGE = "user.manage"
    AGENT_MANAGE = "agent.manage"
    OFFICE_MANAGE = "office.manage"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.value.endswith(".read")
