"""Quaestio: questions, quizzes and checked answers from your own documents."""

__version__ = "0.1.0"
