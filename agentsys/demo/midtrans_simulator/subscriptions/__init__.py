"""Subscriptions: a saved card or a linked wallet that is charged by a schedule."""
