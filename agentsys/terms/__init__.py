"""Dated terms of an office: who pays for its commissions, who withholds tax, and the minimum."""
