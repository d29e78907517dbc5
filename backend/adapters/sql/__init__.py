"""Catalog, jobs, keywords and vectors in one SQL database (SQLite when embedded)."""
