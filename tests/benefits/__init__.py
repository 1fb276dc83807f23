"""Tests of benefits, heirs and claims."""
