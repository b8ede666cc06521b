"""Set-up, terms, readiness, publication and deadline of a round."""
