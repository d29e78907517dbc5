"""One file or folder per technology, each behind a port."""

import os

# Threads of FAISS that have done their share sleep until the others have: else they burn a core that whoever
# they wait for may need, and a search of 100,000 x 384 took six times as long on busy cores. FAISS's threads
# look at it once, when they are loaded, so it comes before any of them.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
