"""Who takes part: eligibility, invitations, mandates, and the list that closes at publication (law L03, L06)."""

from framework.signons import closing, guards, steps  # noqa: F401 - their import registers guards and effects
