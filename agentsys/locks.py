"""The numbers of all PostgreSQL advisory locks, in one place so that each has one meaning.

Some locks have a second number for what is locked, such as an office or a month. Accounts and
payment keys are locked by a hash instead (`journal.lock_account`).
"""

from __future__ import annotations

TRAIL_SEALING = 7_301_001  # one job at a time seals the audit trail
OFFICE_ROSTER = 7_301_002  # and the office: one list of an office is imported at a time
PARTITIONS = 7_301_003  # migrations 0001 and 0003 have it as a literal: partitions are made
BPJS_ANSWERS = 7_301_004  # BPJS' answers are being recorded
MIGRATING = 7_301_005  # one migrator at a time
DEMO_SEEDING = 7_301_006
BALANCE_FOLDING = 7_301_007  # one job at a time folds changes into the kept balances
AUDITING = 7_301_008  # one audit at a time
DECIDING_DEBITS = 7_301_010  # one process at a time decides which debits are made in a minute
SETTING_UP = 7_301_011  # somebody makes the first office and admin
CLOSING_MONTH = 7_301_012  # a month is closed; who posts shares it. Migration 0078 has it too
TARIFFS = 7_301_013  # a tariff table is released; who bills shares it
COMMISSION_RATES = 7_301_015  # commission rates are approved; who computes shares it
PAYOUT_FILES = 7_301_014  # and the office: one file of payouts is numbered at a time
ASKING_PROVIDERS = 7_301_009  # one job at a time chooses what a provider is asked next

# And the month: one run at a time bills it; and while it inserts, nobody bills single workers, so
# that it need not expect a conflict in each row.
BILLING_RUN = 7_301
BILLING_MONTH = 7_302
