"""One protocol per file: what services ask of technology."""
