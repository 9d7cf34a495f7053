"""Recalls: opened by a seller or an officer, seen by the very next scan, worked off under a clock, closed."""
