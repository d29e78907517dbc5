"""FAISS objects of tenants, in child processes: one process a tenant, so a crash costs nobody else."""
