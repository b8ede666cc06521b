"""Bodies from a sheet: read, compared with those known and those on the list, shown, then invited as one unit."""
