"""The REST interface: every group of routes over one holder of a model, behind the guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.server.classify import Classifier
from app.server.context import Context
from app.server.limits import Limits
from app.server.metrics import Meter
from app.server.models import ModelHolder
from app.server.problems import install_handlers
from app.server.routes_compat import compat_routes
from app.server.routes_facts import docs_route, facts_routes
from app.server.routes_predict import predict_routes
from app.server.routes_v2 import v2_routes
from app.server.security import Access, Guard


def create_app(
    models: ModelHolder, access: Access | None = None, limits: Limits | None = None, allow_url: str = ""
) -> FastAPI:
    """Build the application; without a model in `models` it answers 503 until there is one."""
    access, limits = access or Access(), limits or Limits()
    classifier = Classifier(limits)
    context = Context(models, classifier, limits, allow_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        classifier.open()
        yield
        classifier.close()

    routers = (predict_routes(context), facts_routes(context), v2_routes(context), compat_routes(context))
    app = FastAPI(
        title="Sightline",
        version="1",
        description="Classifies images. Nothing leaves this computer.",
        docs_url=None,
        redoc_url=None,
        routes=[route for router in routers for route in router.routes],  # routers inside are searched twice a request
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    install_handlers(app)
    docs_route(app, can_try=access.token is None)
    app.add_middleware(Guard, access=access, limits=limits)
    app.add_middleware(Meter, metrics=classifier.metrics)
    return app
