"""The one settings model, the only reader of the environment."""
