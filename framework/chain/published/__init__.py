"""What others publish about sites: factory lists of labels, matched by persons, and entries of registries."""
