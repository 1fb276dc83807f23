"""What BPJS pays when something happens: amounts by law, heirs, and how claims go on."""
