"""HTTP: translate requests to services and results to responses."""
