"""Agreements: drafted on the published terms, signed by both sides after the standstill, started and ended by their dates."""

from framework.contract import drafting, ending, running, signing, steps  # noqa: F401 - their import registers guards and effects
