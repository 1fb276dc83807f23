"""What plugins build on: the hooks, the contract and the registry."""
