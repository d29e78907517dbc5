from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from backend.bootstrap_parts import check_queue
from backend.config.settings import Settings, load_settings
from backend.errors import ConfigurationError
from backend.models.documents import JobState
from backend.models.jobs import NewJob
from backend.services.health import Health
from backend.services.jobs import QUEUES, JobKind
from backend.services.tasks import Worker
from celery_app.application import create_application
from celery_app.configuration import time_limit_s
from celery_app.schedule import Recurring, due_jobs
from tests.support.documents import accept, new_document
from tests.support.house import TENANT, House


def settings(**changes: object) -> Settings:
    return load_settings(**({"job_queue": "celery", "redis_url": "redis://127.0.0.1:1/0"} | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"redis_url": ""}, "Set REDIS_URL"),
        ({"redis_url": "127.0.0.1:6379"}, "must begin with redis://"),
    ],
)
def test_celery_without_a_usable_redis_is_refused_with_what_to_change(
    changes: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says):
        check_queue(settings(**changes))


def test_celery_without_its_packages_is_refused_with_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.bootstrap_parts.find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match="tools/setup distributed"):
        check_queue(settings())
    check_queue(settings(job_queue="embedded"))


def test_the_embedded_product_loads_no_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in {"celery", "kombu", "redis"}]:
        monkeypatch.delitem(sys.modules, name)
    found = importlib.util.find_spec("backend.bootstrap")
    assert found
    assert found.loader
    found.loader.exec_module(importlib.util.module_from_spec(found))
    assert not {"celery", "kombu", "redis"} & set(sys.modules)


def test_a_message_is_not_handed_out_again_while_its_job_may_run(tmp_path: Path) -> None:
    chosen = settings(data_dir=tmp_path, extraction_timeout_s=5000)
    conf = create_application(chosen).conf
    assert conf.task_time_limit == time_limit_s(chosen) > chosen.extraction_timeout_s
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.task_ignore_result) == (True,) * 3
    assert conf.broker_transport_options["unacked_restore_throttle"] == 1
    assert (conf.worker_prefetch_multiplier, conf.worker_concurrency) == (1, 4)
    assert {queue.name for queue in conf.task_queues} == set(QUEUES)
    assert {entry["task"] for entry in conf.beat_schedule.values()} <= set(create_application(chosen).tasks)


def test_maintenance_is_queued_once_in_each_of_its_periods() -> None:
    recurring = [Recurring("clean", 600), Recurring("expire", 60)]
    first = {job.id for job in due_jobs(recurring, 1_200_000)}
    assert len(first) == 2
    assert {job.id for job in due_jobs(recurring, 1_200_059)} == first
    later = {job.id for job in due_jobs(recurring, 1_200_060)}
    assert len(later & first) == 1


async def test_a_turn_at_a_queue_leaves_the_others_alone(house: House) -> None:
    done = []

    async def run(job: object) -> None:
        done.append(job)

    worker = Worker(
        owner="w",
        jobs=house.jobs,
        kinds={"ingest": JobKind("ingestion", run), "tidy": JobKind("maintenance", run)},
        queue=house.queue,
        wait=house.queue.wait,
        concurrency=2,
    )
    document = await accept(house.catalog, new_document())
    tidy = await house.jobs.add(NewJob(TENANT, "tidy", "all", "maintenance"))
    assert [j.id for j in await house.jobs.due(5, queues=["maintenance"])] == [tidy.id]
    assert await worker.turn(["maintenance"])
    assert not await worker.turn(["maintenance"])
    assert (await house.jobs.job(TENANT, tidy.id)).state is JobState.FINISHED
    assert (await house.jobs.job(TENANT, document.job_id)).state is JobState.QUEUED


async def test_a_helpful_component_that_is_down_is_no_failure() -> None:
    async def up() -> None: ...

    async def down() -> None:
        raise ConnectionError

    found = {c.name: c for c in await Health({"database": up}, {"redis": down}).check()}
    assert (found["database"].ok, found["database"].needed) == (True, True)
    assert (found["redis"].ok, found["redis"].needed) == (False, False)
    assert found["redis"].detail == "ConnectionError"
