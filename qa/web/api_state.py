"""The API's routes for whoever runs it: health, ready, metrics."""

from __future__ import annotations

import hmac
import ipaddress

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from qa.web import schema
from qa.web.api import problems
from qa.web.service import Service
from qa.web.visitor import networks

LOOPBACK = networks(("127.0.0.0/8", "::1/128"))
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def router(service: Service) -> APIRouter:
    routes = APIRouter(tags=["operation"])

    @routes.get(
        "/health",
        summary="Whether the process runs",
        responses={200: {"model": schema.Health}, **problems(403, 413, 421)},
    )
    def health() -> JSONResponse:
        generation = str(service.assistant.info()["generation"])
        return JSONResponse({"status": "ok", "generation": generation})

    @routes.get(
        "/ready",
        summary="Whether a question would be answered now",
        responses={
            200: {"model": schema.Ready},
            503: {"model": schema.Ready},
            **problems(403, 413, 421),
        },
    )
    def ready() -> JSONResponse:
        why = "the line is full" if service.line.is_full else _desk_problem(service)
        state = {"ready": not why, "waiting": service.line.length, "why": why}
        return JSONResponse(state, 503 if why else 200)

    @routes.get(
        "/metrics",
        summary="Counts for Prometheus",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **problems(403, 404, 413, 421, 429),
        },
    )
    def metrics(request: Request) -> Response:
        """With the setting `metrics_token` as bearer; without one, from this machine only."""
        if not _may_see(request, service.settings.metrics_token):
            return JSONResponse({"error": "Nothing is here."}, 404)
        return Response(service.metrics.text(), media_type=PROMETHEUS)

    return routes


def _desk_problem(service: Service) -> str:
    if service.desk is None:
        return ""
    try:
        with service.desk.database.writing():
            return ""
    except Exception:
        return "the desk cannot be written"


def _may_see(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    try:
        peer = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return "x-forwarded-for" not in request.headers and any(peer in net for net in LOOPBACK)
