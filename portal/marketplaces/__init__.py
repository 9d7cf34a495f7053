"""What is listed where: channels, listings, the outbox to the marketplaces, and what they say back."""
