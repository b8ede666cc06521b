"""Five measures of how well a chain is known, kept apart: completeness, precision, freshness, corroboration, reliability."""
