"""The application that ``celery -A celery_app.app`` runs, made from the environment."""

from __future__ import annotations

from backend.config.settings import load_settings
from celery_app.application import create_application

app = create_application(load_settings())
