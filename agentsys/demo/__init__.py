"""An invented city and a faithful local gateway, to try everything without harm."""
