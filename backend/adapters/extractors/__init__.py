"""Text from files of many formats, read in a child process with limits; one module per format.

``extractor.py`` is the port's adapter and lives in the server; ``child.py`` and everything it imports
run in the child and stay light: standard library, lxml and pypdfium2 only.
"""
