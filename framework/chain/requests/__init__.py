"""Requests that travel upstream: reseller to brand to factory, each hop dated, answered by a link without an account."""
