"""What the Midtrans channels share; not a plugin itself."""
