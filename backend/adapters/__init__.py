"""One file or folder per technology, each behind a port."""
