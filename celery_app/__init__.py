"""Celery workers over the jobs table. A message is only a doorbell; see docs/adr/0006."""

import os

# Before numpy, faiss or onnxruntime is loaded: a process works on one job, on one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")
