"""The interface for plugins: hooks, contract and registry."""
