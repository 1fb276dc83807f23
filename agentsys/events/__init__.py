"""Events: written once, in the transaction of the change, for plugins and other readers."""
