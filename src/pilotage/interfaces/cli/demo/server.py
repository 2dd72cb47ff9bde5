"""The demo's server process: the flags over OFREP and the worker, on the database of the current folder."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from fastapi import FastAPI

from pilotage import bootstrap
from pilotage.interfaces.http.ofrep import ofrep_router


async def serve(port: int) -> None:
    """Serve and carry releases on until told to stop."""
    async with bootstrap.open_application(bootstrap.Settings()) as application:
        api = FastAPI()
        api.include_router(ofrep_router(application.flag_reader))

        @api.get("/health")
        def health() -> str:
            return "ok"

        worker = application.worker()
        working = asyncio.create_task(worker.run())
        await uvicorn.Server(uvicorn.Config(api, port=port, log_level="warning", access_log=False)).serve()
        await worker.stop()
        await working


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
