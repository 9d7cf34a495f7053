"""Adoption: figures published as revisions, proven by recounts, shown on the dashboard and served to machines."""
