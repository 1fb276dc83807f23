"""Sending collected contributions to BPJS in batches, and recording that BPJS says PAID."""
