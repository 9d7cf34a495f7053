"""Accounts, sign-in, roles and consent."""
