"""Stores of other products: which there are, what moving one over would do, and doing it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from backend.models.migrating import FoundStores, FoundStoreView, MigrationRequest, MigrationView
from backend.models.tracking import JobView
from backend.routes.deps import ERRORS, Caller, ServicesDep
from backend.services.migration import Wanted

router = APIRouter(prefix="/api", tags=["migrations"], responses=ERRORS)


@router.get("/migrations")
async def found(services: ServicesDep) -> FoundStores:
    """LlamaIndex stores below the data folder and LLAMAINDEX_DIR."""
    stores = await services.migration.found()
    return FoundStores(stores=[FoundStoreView.of(store) for store in stores])


@router.post(
    "/migrations",
    status_code=202,
    responses={200: {"model": MigrationView, "description": "A dry run: what would be done."}},
)
async def migrate(
    body: MigrationRequest, caller: Caller, services: ServicesDep, response: Response
) -> MigrationView:
    """Move a found store over, as a job that `/job-status` follows; or only look at it (`dry_run`).

    The source stays as it is. `/result` of the job is the report.
    """
    store = await services.migration.named(body.folder)
    wanted = Wanted(store.folder, reembed=body.reembed, keep=body.keep)
    if body.dry_run:
        response.status_code = 200
        report = await services.migration.look(caller.tenant, wanted, lambda _: None)
        return MigrationView(report=report.as_json())
    job = await services.migration.begin(caller.tenant, wanted)
    return MigrationView(job=JobView.of(job))
