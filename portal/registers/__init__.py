"""Registers: certificates of establishments with their validity, and what follows when one begins or ends."""
