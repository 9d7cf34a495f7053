"""Products, prices, photos, and the market that shows them."""
