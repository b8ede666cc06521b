"""Cross-checks over the opened files of a whole round, and what the lead decides about what they find."""
