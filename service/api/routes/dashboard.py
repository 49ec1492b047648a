"""The dashboard's files, read into memory once and served by name.

Request paths never reach the file system.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.api.middleware.access import HEADERS
from service.api.problems import problem

MOST_BYTES = 32_000_000
PAGE, DOCS = "index.html", "docs.html"
_HASHED = re.compile(r"[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_PLAIN = re.compile(r"^(?:text/|application/(?:javascript|json|manifest\+json)|image/svg)")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Asset:
    """One file, with a compressed copy if that is smaller."""

    content: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    is_lasting: bool
    """Whether its name contains a hash of its content."""


def built_folder() -> Path | None:
    """The folder of the built dashboard: inside the package, or `ui/dist` in a checkout. None if it is not
    built.
    """
    here = Path(__file__).parents[2]
    return next(
        (folder for folder in (here / "static", here.parent / "ui" / "dist") if (folder / PAGE).is_file()),
        None,
    )


def read_assets(folder: Path | None) -> dict[str, Asset]:
    """The files in a folder by relative path, without hidden files; at most 32 MB in total."""
    assets: dict[str, Asset] = {}
    left = MOST_BYTES
    for path in sorted(folder.rglob("*")) if folder else ():
        name = path.relative_to(folder or path).as_posix()
        if not path.is_file() or path.is_symlink() or any(part.startswith(".") for part in name.split("/")):
            continue
        left -= path.stat().st_size
        if left < 0:
            break
        assets[name] = _asset(name, path.read_bytes())
    return assets


def router_for(assets: dict[str, Asset]) -> APIRouter:
    """Routes for `/`, `/docs` and `/static/…`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def dashboard(request: Request) -> Response:
        if PAGE not in assets:
            return problem(
                404,
                (
                    "The dashboard is not built. In a checkout, run `make ui`. The API is described at"
                    " /openapi.json."
                ),
            )
        return _answer(request, assets[PAGE])

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        if DOCS not in assets:
            return problem(
                404,
                (
                    "This page is not built. In a checkout, run `make ui`. The API is described at"
                    " /openapi.json."
                ),
            )
        return _answer(request, assets[DOCS])

    @router.get("/static/{name:path}")
    async def static(name: str, request: Request) -> Response:
        if name not in assets:
            return problem(
                404, "The dashboard has no such file. Reload the page; there may be a newer version."
            )
        return _answer(request, assets[name])

    return router


def _asset(name: str, content: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    compressed = (
        gzip.compress(content, 9, mtime=0) if _PLAIN.match(media_type) and len(content) > 500 else None
    )
    return Asset(
        content=content,
        compressed=compressed if compressed and len(compressed) < len(content) else None,
        media_type="text/html; charset=utf-8" if media_type == "text/html" else media_type,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        is_lasting=name not in {PAGE, DOCS} and _HASHED.search(name) is not None,
    )


def _answer(request: Request, asset: Asset) -> Response:
    headers = {
        "ETag": asset.etag,
        "Cache-Control": "public, max-age=31536000, immutable" if asset.is_lasting else "no-cache",
        "Vary": "Accept-Encoding",
        "Content-Security-Policy": (
            _POLICY if asset.media_type.startswith("text/html") else HEADERS["Content-Security-Policy"]
        ),
    }
    if asset.etag in {
        tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
    }:
        return Response(status_code=304, headers=headers)
    if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            asset.compressed, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(asset.content, media_type=asset.media_type, headers=headers)
