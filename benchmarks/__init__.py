"""Figures with a floor or a peer measured in the same run; results are committed."""
