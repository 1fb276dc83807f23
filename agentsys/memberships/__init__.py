"""What happens to a membership: registered at BPJS, ended, lapsed, resumed."""
