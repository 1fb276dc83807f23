"""What a person sees: the payer's phone and the control panel."""
