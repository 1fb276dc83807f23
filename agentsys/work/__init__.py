"""The work queue (Kotak kerja): everything that waits for a person."""
