"""What the command line does: progress to standard error, results to standard output."""
