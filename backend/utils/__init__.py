"""Stateless helpers on the standard library only."""
