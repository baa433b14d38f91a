"""Published artifacts of a project: how one gets its version, and how a name such as "data:latest" is found again.

Each version is one JSON file of the project, `<name>/v<number>`, whose name is taken by whoever creates it first, so
that processes need no lock. Its files lie among the media of the run that logged it, which notes the same facts in its
log, section "artifacts". The alias "latest" is the newest version; content that is there already makes no new one.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from belvedere.core.entries import FileSaved, Stored
from belvedere.core.errors import NotFound
from belvedere.core.names import checked_folder_name
from belvedere.core.plain import json_data, plain_data
from belvedere.core.values import safe_suffix
from belvedere.record.artifact import Artifact, Kept, digest_of, words
from belvedere.runlog import media
from belvedere.runlog.layout import RunFolder, project_folder, run_folder
from belvedere.runlog.reader import SegmentReader

SECTION = "artifacts"
USED = "artifacts_used"
LATEST = "latest"
Facts = Mapping[str, Stored]


def publish(
    artifact: Artifact, folder: RunFolder, aliases: Sequence[str] | None, tags: Sequence[str] | None
) -> dict[str, Stored]:  # fmt: skip
    """Keep the files in the run's media folder, settle version, digest and aliases; the facts for the run's log."""

    def keep(content: bytes | Path, suffix: str) -> dict[str, Stored]:
        ref = media.keep(folder, content, suffix)
        return {"sha256": ref.sha256, "size": ref.size_bytes, "suffix": ref.suffix}

    for name, content in list(artifact.contents(keep)):
        ref = media.keep(folder, content, safe_suffix(Path(name)))
        artifact.kept[name] = Kept(ref.sha256, ref.size_bytes, media.locate(folder, ref.sha256, ref.suffix))
    artifact.digest = digest_of({name: one.sha256 for name, one in artifact.kept.items()}, artifact.references)
    artifact.aliases = list(dict.fromkeys((*(aliases or ()), LATEST)))
    artifact.tags = list(tags or ())
    place = project_folder(folder.root, folder.project).recorded_artifact(artifact.source_name)
    facts = {**_facts_of(artifact), "run": folder.run_id, "time": time.time()}
    artifact.version = f"v{_claimed(place, facts)}"
    return {artifact.name: facts}


def find(root: Path, project: str, name: str) -> Artifact:
    """The version that "[entity/][project/]name[:alias or version]" means; NotFound when there is none."""
    *before, last = name.split("/")
    wanted, _, alias = last.partition(":")
    where = before[-1] if before else project
    checked_folder_name(wanted, what="artifact")
    known = _versions(project_folder(root, where).recorded_artifact(wanted))
    if not known:
        raise NotFound(f"no artifact {wanted!r} in the project {where!r}; log one with run.log_artifact(…): {root}")
    newest = max(known, key=lambda number: float(str(known[number]["time"])))
    if alias in ("", LATEST):
        return _artifact(root, where, wanted, newest, known[newest])
    for number in sorted(known, reverse=True):
        if alias == f"v{number}" or alias in words(known[number].get("aliases")):
            return _artifact(root, where, wanted, number, known[number])
    have = ", ".join(f"v{number}" for number in sorted(known))
    raise NotFound(f"the artifact {wanted!r} has no version or alias {alias!r}; it has: latest, {have}")


def restored(root: Path, project: str, name: str, facts: Facts) -> Artifact:
    """The artifact "name:v0" of the facts in a run's log."""
    source, _, number = name.rpartition(":v")
    return _artifact(root, project, source, int(number), facts)


def saved_file(root: Path, project: str, run_id: str, name: str) -> Path | None:
    """Where the newest content of a file lies that was saved with a run under a name."""
    folder, found = run_folder(root, project, run_id), None
    for event in _events(folder):
        if isinstance(event, FileSaved) and event.path == name:
            found = media.locate(folder, event.sha256, safe_suffix(Path(name)))
    return found if found is not None and found.is_file() else None


def _facts_of(artifact: Artifact) -> dict[str, Stored]:
    files: dict[str, Stored] = {
        name: {"sha256": one.sha256, "size": one.size, "suffix": safe_suffix(Path(name))}
        for name, one in artifact.kept.items()
    }
    return {
        "type": artifact.type, "digest": artifact.digest, "description": artifact.description or "",
        "metadata": json_data(plain_data(artifact.metadata)), "aliases": list(artifact.aliases),
        "tags": list(artifact.tags), "files": files, "references": dict(artifact.references),
    }  # fmt: skip


def _claimed(place: Path, facts: Facts) -> int:
    """The number of the version: that of the same content, whose aliases and time are then the new ones, or the next
    free one."""
    place.mkdir(parents=True, exist_ok=True)
    temporary = place / f".{secrets.token_hex(6)}.tmp"
    temporary.write_text(json.dumps(facts), encoding="utf-8")
    known = _versions(place)
    same = next((number for number, told in known.items() if told.get("digest") == facts["digest"]), None)
    if same is not None:
        aliases = dict.fromkeys((*words(known[same].get("aliases")), *words(facts["aliases"])))
        temporary.write_text(json.dumps({**facts, "aliases": list(aliases)}), encoding="utf-8")
        os.replace(temporary, place / f"v{same}.json")
        return same
    number = 1 + max(known, default=-1)
    while True:
        try:
            os.link(temporary, place / f"v{number}.json")
        except FileExistsError:  # another process was faster
            number += 1
        else:
            temporary.unlink()
            return number


def _versions(place: Path) -> dict[int, Facts]:
    """Facts of every version by its number."""
    found = {}
    for path in place.glob("v*.json") if place.is_dir() else ():
        if path.stem[1:].isdigit():
            found[int(path.stem[1:])] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _artifact(root: Path, project: str, name: str, number: int, told: Facts) -> Artifact:
    folder = run_folder(root, project, str(told["run"]))
    metadata = told.get("metadata")
    artifact = Artifact(name, str(told.get("type", "")), str(told.get("description", "")) or None)
    artifact.metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    for path, file in cast(Mapping[str, Facts], told.get("files", {})).items():
        at = media.locate(folder, str(file["sha256"]), str(file["suffix"]))
        artifact.kept[path] = Kept(str(file["sha256"]), int(str(file["size"])), at)
    for entry, address in cast(Facts, told.get("references", {})).items():
        artifact.add_reference(str(address), entry)
    artifact.version, artifact.digest = f"v{number}", str(told.get("digest", ""))
    artifact.aliases, artifact.tags = words(told.get("aliases")), words(told.get("tags"))
    return artifact


def _events(folder: RunFolder) -> Iterator[object]:
    for writer in folder.writers():
        for path in folder.segments(writer):
            reader = SegmentReader(path)
            while batch := reader.poll():
                yield from (found.event for found in batch.events)
