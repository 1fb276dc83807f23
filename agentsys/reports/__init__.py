"""Reports for a sponsor and for BPJS' branch: cover, money, retention, benefits, budgets."""
