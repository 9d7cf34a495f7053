"""Community digital teams: who is in one, what a member does for a household in its presence, what the owner sees."""
