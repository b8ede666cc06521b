"""Questions to suppliers about their own rows: asked of all in the same position, answered by a date, closed by the lead."""
