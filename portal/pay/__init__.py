"""What a payer sees, the gateways' notices, receipts: money in, from the choice of a way to the number on paper."""
