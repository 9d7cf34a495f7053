"""The web of traceability: ordering and printing stamps, lots, the scan page, the public log, the ledger's due work."""
