"""Files of runs: where to send them, which there are, where to read them, deleting them."""

import posixpath
from collections import defaultdict
from typing import cast

from belvedere.core.entries import FileSaved
from belvedere.core.errors import NameRefused, UsageError
from belvedere.wandb_protocol import run_files
from belvedere.wandb_protocol.desk import ENTITY, Arguments, Asked, Fields, Node, RunName, RunValue
from belvedere.wandb_protocol.ids import file_id, file_of

FILES_MAX = 10_000  # in one question
PAGE_FILES = 50


def create_run_files(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """An address for each file, null for a name that no file may have: the client leaves those out."""
    given = _input(arguments)
    name = asked.desk.shelves.checked_name(str(given.get("projectName")), str(given.get("runName")))
    paths = _texts(given.get("files"))
    files = [{"__typename": "File", "name": path, "uploadUrl": _upload_url(asked, name, path)} for path in paths]
    return Node("CreateRunFilesPayload", {"runID": f"{name[0]}/{name[1]}", "uploadHeaders": [], "files": files})


def mark_run_files_uploaded(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Nothing to do: a file is there as soon as its content is."""
    return Node("MarkRunFilesUploadedPayload", {"success": True})


def delete_files(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Files by their ids, of one or several runs."""
    chosen: defaultdict[RunName, list[str]] = defaultdict(list)
    for opaque in _texts(_input(arguments).get("files")):
        name, path = file_of(opaque)
        chosen[asked.desk.shelves.checked_name(*name)].append(path)
    for name, paths in chosen.items():
        run_files.delete(asked.desk, name, paths)
    return Node("DeleteFilesPayload", {"success": True})


def file_count(asked: Asked, parent: object, arguments: Arguments) -> int:
    """How many files a run has."""
    return len(run_files.files_of(asked.desk, _name(parent)))


def files(asked: Asked, parent: object, arguments: Arguments) -> Node:
    """Files of a run: all, those of some names, or those that fit a pattern; `first` of them behind `after`. A name
    that is not there is a file without content: the client looks at the size and says so."""
    name = _name(parent)
    found = run_files.files_of(asked.desk, name)
    names, pattern = _texts(arguments.get("names")), arguments.get("pattern")
    if names:
        by_path = {saved.path: saved for saved in found}
        wanted = [path if path in by_path else posixpath.normpath(path) for path in names]  # "./x" is saved as "x"
        found = [by_path.get(path) or run_files.missing(path) for path in dict.fromkeys(wanted)]
    if isinstance(pattern, str) and pattern:
        fits = run_files.like(pattern)
        found = [saved for saved in found if fits(saved.path)]
    begin, end = _page(arguments)
    edges = [
        {"__typename": "FileEdge", "node": Node("File", (parent, saved)), "cursor": str(begin + place + 1)}
        for place, saved in enumerate(found[begin:end])
    ]
    page = {
        "__typename": "PageInfo", "endCursor": edges[-1]["cursor"] if edges else None, "hasNextPage": end < len(found),
        "startCursor": edges[0]["cursor"] if edges else None, "hasPreviousPage": begin > 0,
    }  # fmt: skip
    return Node("FileConnection", {"edges": edges, "pageInfo": page, "totalCount": len(found)})


def _file_id(asked: Asked, value: object, arguments: Arguments) -> str:
    run, saved = _file(value)
    return file_id((run.run.project, run.run.id), saved.path)


def _url(asked: Asked, value: object, arguments: Arguments) -> str:
    run, saved = _file(value)
    name = (run.run.project, run.run.id)
    if arguments.get("upload"):
        return run_files.upload_address(asked.desk, asked.base, name, saved.path)
    return run_files.read_address(asked.base, run.project.entity or ENTITY, name, saved.path)


def _md5(asked: Asked, value: object, arguments: Arguments) -> str | None:
    run, saved = _file(value)
    if saved.sha256 == run_files.GONE:
        return None
    content = run_files.content_path(asked.desk.shelves.folder((run.run.project, run.run.id)), saved)
    return run_files.md5_of(content, saved.size_bytes) if content is not None else None


def _updated_at(asked: Asked, value: object, arguments: Arguments) -> str | None:
    """By this a client knows a file that it asked for by name and that is not there."""
    saved = _file(value)[1]
    return None if saved.sha256 == run_files.GONE else run_files.iso(saved.time)


def _upload_url(asked: Asked, name: RunName, path: str) -> str | None:
    try:
        return run_files.upload_address(asked.desk, asked.base, name, run_files.checked_path(path))
    except NameRefused:
        raise
    except UsageError:
        return None


def _file(value: object) -> tuple[RunValue, FileSaved]:
    return cast(tuple[RunValue, FileSaved], value)


def _name(parent: object) -> RunName:
    run = cast(RunValue, parent).run
    return run.project, run.id


def _input(arguments: Arguments) -> Arguments:
    given = arguments.get("input")
    if not isinstance(given, dict):
        raise UsageError("the mutation has no input; send input: {…}")
    return given


def _texts(value: object) -> list[str]:
    """A list of texts; a single one is a list of one."""
    found = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if len(found) > FILES_MAX:
        raise UsageError(f"{len(found)} files in one question; ask for at most {FILES_MAX}")
    return [one for one in found if isinstance(one, str)]


def _page(arguments: Arguments) -> tuple[int, int]:
    """First place, and the place behind the last."""
    after, first = arguments.get("after"), arguments.get("first")
    begin = int(after) if isinstance(after, str) and after.isdecimal() and len(after) <= len(str(1 << 62)) else 0
    size = first if isinstance(first, int) and first > 0 else PAGE_FILES
    return begin, begin + min(size, FILES_MAX)


FIELDS: Fields = {
    "Mutation": {
        "createRunFiles": create_run_files,
        "markRunFilesUploaded": mark_run_files_uploaded,
        "deleteFiles": delete_files,
    },
    "Run": {"files": files, "fileCount": file_count},
    "File": {
        "id": _file_id,
        "name": lambda asked, value, arguments: _file(value)[1].path,
        "url": _url,
        "directUrl": _url,
        "uploadUrl": lambda asked, value, arguments: _url(asked, value, {"upload": True}),
        "sizeBytes": lambda asked, value, arguments: _file(value)[1].size_bytes,
        "mimetype": lambda asked, value, arguments: run_files.mime_type(_file(value)[1].path),
        "updatedAt": _updated_at,
        "md5": _md5,
    },
}
