"""What is kept of artifacts, one JSON file each (see runlog/layout.py). Times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SEQUENCE, PORTFOLIO = "ArtifactSequence", "ArtifactPortfolio"
TABLE_TYPE = "run_table"  # of the artifacts in which the client keeps each logged table whole


@dataclass(frozen=True)
class ManifestRef:
    """A manifest that was announced for an artifact; `md5` is hexadecimal. Kind is FULL, INCREMENTAL (it adds to
    `base`, the version before) or PATCH (one run's part of what several runs make together)."""

    md5: str
    kind: str = "FULL"
    base: str = ""


@dataclass(frozen=True)
class Artifact:
    """One version, or what may become one. It is a version from the moment its collection lists it."""

    id: str
    collection_id: str
    digest: str
    created_at: float
    entity: str = ""
    run_id: str = ""
    client_id: str = ""
    sequence_client_id: str = ""
    distributed_id: str = ""  # the name under which several runs make it together
    digest_algorithm: str = "MANIFEST_MD5"
    description: str | None = None
    metadata: str | None = None  # JSON text, as it was sent
    history_step: int | None = None
    ttl_secs: int | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # asked for at its creation
    manifests: tuple[ManifestRef, ...] = ()
    manifest: str = ""  # md5 of the whole manifest, once it is a version
    size_bytes: int = 0
    file_count: int = 0
    updated_at: float = 0.0
    used_by: tuple[tuple[str, str], ...] = ()  # (project, run id)
    also_runs: tuple[str, ...] = ()  # ids of runs that logged the same content once more
    also_clients: tuple[str, ...] = ()  # ids under which clients logged the same content once more
    is_shown: bool = False  # of a run_table: whether its run shows it (see tables.py)

    @property
    def logged_by(self) -> tuple[str, ...]:
        """The runs that logged it, the first one first."""
        return (*((self.run_id,) if self.run_id else ()), *self.also_runs)

    @property
    def clients(self) -> tuple[str, ...]:
        """All ids that clients gave it."""
        return (*((self.client_id,) if self.client_id else ()), *self.also_clients)


@dataclass(frozen=True)
class Member:
    """An artifact as version `version` of a collection; `project` is where the artifact lies."""

    artifact_id: str
    project: str
    version: int
    created_at: float


@dataclass(frozen=True)
class Collection:
    """Versions under one name: a sequence holds what was logged under it, a portfolio what was linked to it."""

    id: str
    name: str
    type: str
    created_at: float
    kind: str = SEQUENCE
    updated_at: float = 0.0
    description: str | None = None
    tags: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    aliases: Mapping[str, int] = field(default_factory=dict)  # alias -> version
    next_version: int = 0

    def newest(self) -> Member | None:
        """The version that "latest" names, else the last one."""
        return self.member(self.aliases.get("latest", -1)) or (self.members[-1] if self.members else None)

    def member(self, version: int) -> Member | None:
        """The member that is that version."""
        return next((one for one in reversed(self.members) if one.version == version), None)

    def named(self, alias: str) -> Member | None:
        """The version an alias, or "v3", names."""
        if alias in self.aliases:
            return self.member(self.aliases[alias])
        return self.member(int(alias[1:])) if alias[:1] == "v" and alias[1:].isdecimal() else None

    def aliases_of(self, version: int) -> list[str]:
        """The aliases of a version, its number apart."""
        return [alias for alias, named in self.aliases.items() if named == version]
