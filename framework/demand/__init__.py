"""Declare, approve, accept and lock demand; the pool and its leverage; joint costs. Importing it registers the moves."""

from framework.demand import approve, cost_steps, declare, lock, next_steps

__all__ = ["approve", "cost_steps", "declare", "lock", "next_steps"]
