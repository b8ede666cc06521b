"""Judging: conflicts first, then sharing the work, then each alone, then together."""
