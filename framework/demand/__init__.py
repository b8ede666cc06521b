"""Declare, approve, accept and lock demand; the pool and its leverage. Importing it registers the moves."""

from framework.demand import approve, declare, lock, next_steps

__all__ = ["approve", "declare", "lock", "next_steps"]
