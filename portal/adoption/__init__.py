"""Indicators: the publisher, the recount, the interface for machines, the dashboard."""
