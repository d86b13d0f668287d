"""A process that takes messages over HTTP and sends them on, to be killed by `test_kill.py`.

The desk, its routes and the guard as `quoth serve` has them, without index, page and models.
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from qa.desk import open_desk
from qa.settings import Settings
from qa.web import api_desk
from qa.web.guard import Guard
from qa.web.routes import API
from qa.web.service import Service


def main(store: str, port: int, smtp_port: int) -> None:
    settings = Settings(
        store=Path(store),
        messages_per_hour=1_000_000,
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        smtp_security="none",
        mail_from="quoth@shop.example",
        mail_to="owner@shop.example",
    )
    desk = open_desk(settings)
    app = FastAPI()
    app.add_middleware(Guard, settings=settings)
    app.include_router(api_desk.router(Service(None, settings, desk), desk), prefix=API)
    desk.outbox.start()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", proxy_headers=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
