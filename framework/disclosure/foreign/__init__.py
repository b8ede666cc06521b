"""Files in formats of others: what they are, and what they say, understood from layouts kept as data."""
