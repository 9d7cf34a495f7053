"""A hospital's desk: stays with advances and charges, discharge that takes one from the other, the rest returned."""
