"""Sending collected contributions to BPJS in batches, and taking in that it says PAID."""
