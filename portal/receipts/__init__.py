"""Receipts after they were issued: found again, printed again, void or corrected by a person of the institution."""
