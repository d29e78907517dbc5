"""Celery's settings, each with its reason."""

from __future__ import annotations

from typing import Any

from kombu import Queue

from backend.config.settings import Settings
from backend.services.jobs import QUEUES
from celery_app.schedule import beat_schedule

_GRACE_S = 600.0
"""What a job may take beyond the longest reading of its file."""
_START_S = 120.0


def time_limit_s(settings: Settings) -> float:
    """After so long a job's process is killed; its lease then runs out, which counts as an attempt."""
    return settings.extraction_timeout_s + _GRACE_S


def configuration(settings: Settings) -> dict[str, Any]:
    """Everything that differs from Celery's defaults."""
    return _connections(settings) | _tasks(settings) | _worker(settings)


def _connections(settings: Settings) -> dict[str, Any]:
    patience = {"socket_timeout": 10.0, "socket_connect_timeout": 3.0, "socket_keepalive": True}
    return {
        "broker_url": settings.redis_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # Redis may be away for an hour; the jobs are not in it
        "broker_transport_options": patience
        | {
            "health_check_interval": 10,
            # Longer than any job: a message is not handed out again while its job runs.
            "visibility_timeout": time_limit_s(settings) + 300,
            # Without these two a message of a killed worker waits ten times longer than it must.
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
        "result_backend": settings.redis_url,  # for those who inspect; results of jobs are rows
        "redis_backend_health_check_interval": 10,
        **{f"redis_{name}": value for name, value in patience.items()},
    }


def _tasks(settings: Settings) -> dict[str, Any]:
    return {
        "task_queues": [Queue(name, routing_key=name) for name in QUEUES],
        "task_default_queue": QUEUES[0],
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # No soft limit: its exception would surface anywhere inside the event loop. Jobs end themselves
        # by their own limits; this one is for those that hang.
        "task_time_limit": time_limit_s(settings),
        "timezone": "UTC",
        "beat_schedule": beat_schedule(),
        # Every entry is a few seconds apart, so nothing is lost with a schedule kept in memory.
        "beat_scheduler": "celery.beat:Scheduler",
    }


def _worker(settings: Settings) -> dict[str, Any]:
    return {
        "worker_concurrency": settings.celery_concurrency,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": True,  # Flower lives on them
        "worker_proc_alive_timeout": _START_S,  # a process loads the embedding model first
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the lease is in the database
        "worker_hijack_root_logger": True,
    }
