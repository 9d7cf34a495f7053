"""Cashless payments at a desk: institutions, their desks, the till."""
