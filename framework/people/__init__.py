"""Organisations, accounts, invitations, roles, sessions, second factor."""
