"""Sponsors' lists, bills and money: who is paid for, what is asked, and what came."""
