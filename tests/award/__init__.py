"""Tests of the award."""
