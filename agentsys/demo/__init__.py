"""An invented city and a simulated payment gateway, for trying everything safely."""
