"""Use cases. They know ports and models, never a framework or a driver."""
