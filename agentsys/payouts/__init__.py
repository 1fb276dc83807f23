"""Paying commissions: what BPJS paid, income tax, and batches of transfers to agents."""
