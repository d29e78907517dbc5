"""Parts of the answer engine: kinds of questions, evidence, prompts, citations, follow-ups, streams."""
