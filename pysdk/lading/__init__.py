"""Lading: the goods, money, papers and reputation of a cross-border order on one ledger."""

__version__ = "0.1.0"
