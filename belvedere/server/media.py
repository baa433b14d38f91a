"""Kept files for a browser: with HTTP Range, cached for ever (their name is their content), unable to act for us."""

from pathlib import Path

from starlette.responses import FileResponse

# What a browser may show in place. Anything else is offered as a download.
CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".obj": "text/plain; charset=utf-8",
    ".ply": "application/octet-stream",
    ".npy": "application/octet-stream",
}
FOR_EVER = "private, max-age=31536000, immutable"
# A logged page may be a Plotly figure and needs its scripts; without "allow-same-origin" they belong to no site, see no
# cookie of ours and read nothing from us. What the page brings along works; nothing is fetched from anywhere, so that
# looking at a run tells nobody (pages logged by wandb name a style sheet of its makers).
SANDBOX = "sandbox"
SANDBOX_PAGE = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline'; img-src data: blob:; media-src data: blob:; font-src data:; worker-src blob: data:"
)


def file_answer(path: Path) -> FileResponse:
    """A kept file; Starlette answers ranges: 206 for one or several, 416 beyond the end."""
    content_type = CONTENT_TYPES.get(path.suffix.lower())
    headers = {
        "Cache-Control": FOR_EVER,
        "ETag": f'"{path.name}"',
        "Content-Security-Policy": SANDBOX_PAGE if path.suffix.lower() == ".html" else SANDBOX,
    }
    if content_type is None:
        headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return FileResponse(path, media_type=content_type or "application/octet-stream", headers=headers)
