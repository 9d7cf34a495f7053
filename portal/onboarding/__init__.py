"""Households and firms: registering, approval, consent, the shop's home."""
