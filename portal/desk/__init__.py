"""The officer's desk: what needs a person, what changed, who falls behind. It reads; the subjects act."""
