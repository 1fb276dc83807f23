"""Notifications to the merchant: kept, sent, repeated."""
