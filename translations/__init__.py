"""The catalogues, and the two commands that keep them: collect and check."""
