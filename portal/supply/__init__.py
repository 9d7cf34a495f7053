"""Supply: everything about a lot, a batch or a period in one file, within seconds (the law gives 24 hours)."""
