"""Reads what LlamaIndex's simple stores persist, of any version."""
