"""The same factory, recognised once: candidates by rare words, a decision with its reasons, whole lists at once."""
