"""Files that people send: may one be opened (`kinds`), its cells (`sheets`), kept sealed meanwhile (`sealed`)."""
