"""Reading rules for single cells, the same for every import: texts, numbers, dates. Nothing here guesses in silence."""
