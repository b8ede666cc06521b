"""Measures of the product, each beside a named peer in the same run: `make bench` and `make bars`."""
