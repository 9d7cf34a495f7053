"""A market: stalls with printed codes, what each received, and whether its code is still its own."""
