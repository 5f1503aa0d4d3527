"""The app: every router, in front of them the request's id, around them problem details."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from services.gateway import openapi
from services.gateway.cross_origin import CodecCors, origin_of
from services.gateway.edge import Edge
from services.gateway.pages import (
    acts_page,
    audit_page,
    bulk_page,
    calendar_page,
    case_page,
    cases_page,
    flows_page,
    inbox_page,
    incident_page,
    incidents_page,
    login_page,
    migrations_page,
    mine_page,
    on_site_page,
    reference_page,
    scan_page,
    simulate_page,
    start_page,
    stuck_page,
    suggestions,
    work_order_page,
)
from services.gateway.pages.base import mount_assets, problem_page
from services.gateway.problems import handle_problems
from services.gateway.requests import RequestIds
from services.gateway.routes import (
    adjustments,
    anomalies,
    appointments,
    assets,
    assigning,
    builds,
    bulk_acts,
    calendars,
    callbacks,
    cases,
    claims,
    customers,
    day_plans,
    directory,
    dispatch,
    earning_live,
    exports,
    extras,
    files,
    flows,
    forms,
    hand_overs,
    incidents,
    items,
    ledger,
    maintenance,
    migrations,
    notify,
    on_site,
    payloads,
    payouts,
    penalties,
    price_books,
    price_policies,
    price_reviews,
    pricing,
    product,
    receipts,
    reconciliation,
    registry,
    reports,
    session,
    settlement,
    simulations,
    statements,
    stock,
    tax,
    vouchers,
    work_order_desk,
    work_order_imports,
    work_order_live,
    work_orders,
)

#: Names under which somebody's own machine is reached: another site that resolves to the loopback
#: address (DNS rebinding) is none of them.
_OWN_HOSTS: Final = ("127.0.0.1", "localhost", "testserver")

_API: Final = (
    registry, assets, work_order_imports,
    product, session, flows, simulations, cases, bulk_acts, reports, exports,
    incidents, hand_overs, forms, files, items, pricing, price_books, price_policies, price_reviews, assigning, penalties, work_order_desk, work_order_live, work_orders, appointments, maintenance, on_site, extras, anomalies, dispatch, day_plans, stock, settlement, earning_live, payouts, adjustments, statements, tax, ledger, receipts, reconciliation, vouchers, claims,
    directory, customers, calendars, notify, builds, migrations,
)  # fmt: skip
_PAGES: Final = (
    login_page, inbox_page, mine_page, incident_page, incidents_page, acts_page, start_page, suggestions, cases_page, case_page,
    bulk_page, stuck_page, audit_page, work_order_page, on_site_page,
    scan_page, simulate_page, reference_page, calendar_page, flows_page, migrations_page,
)  # fmt: skip


def create_app(edge: Edge) -> FastAPI:
    """The gateway over its ways out."""
    app = FastAPI(
        title="Gongdan 工单",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        telemetry={"operation_spans": False},
    )
    app.state.edge = edge
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    api = APIRouter(prefix="/api/v1")
    for area in _API:
        for router in area.ROUTERS:
            api.include_router(router)
    app.include_router(api)
    app.include_router(product.probes)
    app.include_router(callbacks.router)
    app.include_router(payouts.callbacks)
    app.include_router(payloads.router)
    for page in _PAGES:
        app.include_router(page.router)
    mount_assets(app)
    handle_problems(app, edge.clock, problem_page)
    if edge.settings.development:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(_OWN_HOSTS))
    app.add_middleware(CodecCors, origin=origin_of(edge.settings.temporal_ui_url))
    app.add_middleware(RequestIds, clock=edge.clock)
    return app
