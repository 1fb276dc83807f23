"""Addresses that take what is posted, and have no form on the pages that the tests walk."""

from __future__ import annotations

# Only admins of all offices see these forms; a test below sends bad input to them.
FOR_ALL_OFFICES = {"offices.add", "escalation.save"}
FOR_REFUNDS = {"finance.propose_refund"}  # refused by tests/web/test_finance_refunds.py
# Behind a code that no walker has; tests/web/own refuses its bad input.
BEHIND_A_CODE = {"own.change_day", "own.lock"}
# Shown only while something waits or is stopped; these forms have no fields that are typed.
WHILE_WAITING = {
    "agent.cancel_payment", "agent.withdraw_change", "workers.withdraw_change",
    "agent.check_payment", "agent.cancel_deposit", "agent.check_deposit", "finance.resume_debits",
    "finance.try_channel", "own.look_again", "public.pay_again", "public.withdraw",
    "sponsors.cancel_virtual_account", "sponsors.check_virtual_account",
}  # fmt: skip
NO_FORM = (
    BEHIND_A_CODE
    | WHILE_WAITING
    | FOR_ALL_OFFICES
    | FOR_REFUNDS
    | {
        "callbacks.receive",  # posted by providers
        "agent.pay_self",  # for workers whose sponsor left; tests/web/sponsors refuses bad input
        "sponsors.upload_list",  # of the roles that reach it, admins have the form
        "sponsors.apply_version",  # buttons without fields, by the state of a version or agreement
        "sponsors.confirm_transfer",
        "sponsors.decide",
        "sponsors.send_bill",
        "sponsors.decide_facts",  # buttons without fields, while a list of facts waits
        "sponsors.propose_return",  # where a sponsor paid too much; tests/web/sponsors
        "sponsors.take_back_end",
        "sponsors.use_credit",  # where what an agreement has left covers a bill
        "sponsors.withdraw",
        "agent.count_cash",  # a second button of a form; tests/payments/test_cash_counts.py
        "agent.deposit_by_provider",  # offered when no other deposit waits to be paid
        "agent.check_enrolment",  # posted by a script, with the fields of the enrolment form
        "supervisor.step_roster",  # buttons without fields, by the state of a list
        "supervisor.decide_roster",
        "finance.decide_reopening",  # buttons without fields, once somebody asked
        "reversals.propose",  # for receipts of cash; tests/web/test_reversals.py
        "reversals.withdraw",  # a button without fields, on the own proposal
        # By the state of a batch, or while something waits; tests/web/test_payouts.py.
        "finance.check_npwp",
        "finance.decide_payouts",
        "finance.send_payouts",
        "finance.payout_file",
        "finance.record_payout_result",
        "finance.record_payout_results",
        "finance.decide_receipt",
        "finance.explain_commission",
        "finance.decide_commission_difference",
        "supervisor.end_delegation",  # a button, while somebody is away
        "finance.decide_rates",  # the same of rates; tests/web/test_rates.py
        "finance.try_rates",
        "finance.decide_stage_rule",  # the same of stages; tests/web/test_stage_pages.py
        "finance.decide_terms",  # buttons and a reason, while terms wait; tests/web/test_terms.py
        "finance.propose_correction",  # of what was confirmed; tests/web/test_corrections.py
        "finance.decide_correction",
        "tariffs.propose",  # admins of all offices; tests/web/test_tariffs.py refuses bad input
        "tariffs.upload",
        "holidays.add",  # likewise; tests/web/test_holidays.py
        "holidays.remove",
        # While an agent has a shortage; tests/web/test_shortages.py refuses bad input.
        "finance.transfer_with_agent",
        "finance.decide_deduction",
        "agent.ask_deduction",
        "agent.withdraw_deduction",
        "finance.close_bank_issue",  # while a difference of a statement is open; tests/statements
        "finance.end_billing_schedule",  # a button without fields, once there is a schedule
        "supervisor.roster_columns",  # once the columns of a list were looked at
        "supervisor.undo_roster",  # once a list was imported
        # Buttons without fields, while workers of an office or of a list have no agent.
        "supervisor.assign_by_area",
        "supervisor.assign_roster",
        "supervisor.handle_roster",  # a button without fields, on lists with refused rows
        "setup.code",  # only an empty system has these two
        "setup.first",
        "finance.decide_settlement",  # buttons without fields, while a proposal waits
        "finance.merge_remittance",  # ticks of other open batches of the office, if there are any
        "search.suggestions",  # posted by a script, with the field of the search
        "agent.corrected",  # a button without fields, for workers whom BPJS refused
        "agent.remove_heir",  # buttons without fields, where heirs are recorded
        "workers.remove_heir",
        "workers.heirs",  # the office's page of a worker, which agents do not open
        "supervisor.accept_handover",  # buttons without fields, by the state of a hand-over
        "supervisor.carry_out_handover",
        "supervisor.propose_handover",
        "supervisor.refuse_handover",
        "supervisor.withdraw_handover",
        "supervisor.undo_handover",  # once it was carried out
        "supervisor.end_leave",  # a button without fields, while a leave is open
        "agent.standing_in",  # only on the days of a leave
        "supervisor.appoint",  # a button without fields, once a candidate's papers are there
        # Buttons without fields, while an agent's bank account is being changed.
        "agent.stop_account",
        "agent.withdraw_account",
        "agent_accounts.decide",
        "agent_accounts.withdraw",
        "agent_accounts.scan",
        "supervisor.scan",  # a button without fields, where a scan is stored
        "office_accounts.decide",  # once an account is proposed
        "offices.open_or_close",  # a button without fields, on an office that is empty
    }
)
