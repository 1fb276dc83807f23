"""What is owed for each worker and month: tariff, billing, arrears, coverage."""
