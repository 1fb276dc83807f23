"""Auto-debit: consents to debit an account, the plan of debits, their notices and their tries."""
