"""Scripts of libraries that the browser gets from this server."""

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

PLOTLY = "plotly.min.js"
"""Address of plotly.js, beside every page."""


def _plotly(request: Request) -> FileResponse:
    """plotly.js, as the Python package carries it; nothing of the package is imported."""
    package = find_spec("plotly")
    assert package is not None and package.origin is not None
    path = Path(package.origin).parent / "package_data" / "plotly.min.js"
    headers = {"Cache-Control": "max-age=86400"}
    return FileResponse(path, media_type="text/javascript", headers=headers)


ROUTES = [Route(f"/{PLOTLY}", _plotly)]
