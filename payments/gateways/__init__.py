"""Providers behind one protocol: each file speaks one provider's wire and nothing else; nothing is imported here."""
