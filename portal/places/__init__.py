"""Administrative units that change over time: what a code meant on a day, what became of it, and who lives where."""
