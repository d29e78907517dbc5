"""Questions from text alone: no language model, no download."""

from .writer import ExtractiveWriter

__all__ = ["ExtractiveWriter"]
