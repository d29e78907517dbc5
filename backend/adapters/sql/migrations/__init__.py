"""Alembic migrations of the catalog, applied at start."""
