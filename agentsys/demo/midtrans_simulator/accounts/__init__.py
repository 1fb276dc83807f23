"""What a payer agreed to once: linked wallets, saved cards, subscriptions."""
