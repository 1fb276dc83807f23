"""Statements of banks and gateways: reading them, and matching their lines with our records."""
