"""The HTTP interfaces: Core API, Snap, subscriptions, Iris, and the control API."""
