"""Every JSON answer of the server, one Struct each. `tools/generate_types.py` writes ui/src/api/schema.ts from them.

Times are seconds since 1970. A number inside `config`, `summary` or `last` that JSON cannot hold is the text "NaN",
"Infinity" or "-Infinity".
"""

from typing import Literal, TypeAlias

import msgspec

Values: TypeAlias = dict[str, object]
RunState: TypeAlias = Literal["running", "finished", "failed", "crashed", "stopped"]
Stopping: TypeAlias = Literal["no", "possible", "asked"]
Severity: TypeAlias = Literal["critical", "warning", "info"]
ArrayPlace: TypeAlias = tuple[str, int]  # dtype, offset in bytes from the start of the data


class RunRow(msgspec.Struct):
    """A line of the run table. `config` is flat: "optimizer.lr"."""

    project: str
    id: str
    state: RunState
    created: float
    updated: float
    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: list[str] = []
    steps: int = 0
    config: Values = {}
    summary: Values = {}
    damage: list[str] = []


class RunPage(msgspec.Struct):
    """Some of the runs that a filter leaves; `total` counts them all."""

    total: int
    runs: list[RunRow]


class Stage(msgspec.Struct):
    """From `step` on the run is called `name`."""

    name: str
    step: int
    time: float


class Alert(msgspec.Struct):
    """A message that the training sent."""

    title: str
    step: int = 0
    time: float = 0.0
    text: str = ""
    level: str = "info"


class Attempt(msgspec.Struct):
    """One process of the run, from its start to its end."""

    writer: str
    rank: int
    started: float
    host: str
    pid: int
    state: str
    resume_from: int | None = None


class Definition(msgspec.Struct):
    """What a series means, as far as the training said it."""

    x: str | None = None
    summary: list[str] = []
    goal: str | None = None
    unit: str | None = None
    hidden: bool = False


class RunDetail(RunRow):
    """All about one run but its series. `config` is nested as it was given. charts: key of each chart that is drawn
    from a table -> key of the table."""

    notes: str = ""
    environment: Values = {}
    stages: list[Stage] = []
    alerts: list[Alert] = []
    attempts: list[Attempt] = []
    definitions: dict[str, Definition] = {}
    dropped_rows: int = 0
    world_size: int = 1
    stopping: Stopping = "no"
    charts: dict[str, str] = {}
    has_files: bool = False
    sweep: str = ""


class SavedFile(msgspec.Struct):
    """A file that the run kept; `url` is null where its content is not here."""

    path: str
    size_bytes: int
    time: float
    url: str | None = None


class ArtifactRow(msgspec.Struct):
    """A version of an artifact ("weights:v0") that the run logged or used; `files` are its first ones, `file_count`
    counts them all."""

    name: str
    type: str
    use: Literal["logged", "used"]
    time: float
    aliases: list[str] = []
    size_bytes: int = 0
    file_count: int = 0
    files: list[SavedFile] = []


class RunFiles(msgspec.Struct):
    """What a run kept beside its log."""

    files: list[SavedFile]
    artifacts: list[ArtifactRow] = []


class Project(msgspec.Struct):
    """A folder of runs."""

    project: str
    runs: int
    running: int
    updated: float


class KeyInfo(msgspec.Struct):
    """One series, vector family or kind of media of a run. x: the axis that it
    is drawn over where nobody chooses one, a series or "relative"."""

    key: str
    kind: str
    count: int
    last: object
    last_step: int | None = None
    ranks: list[int] = []
    unit: str | None = None
    x: str | None = None
    hidden: bool = False


class Keys(msgspec.Struct):
    """What a run has."""

    keys: list[KeyInfo]


class MediaItem(msgspec.Struct):
    """One logged rich value; `url` is null where it is small and lies in `record`, or where its file is missing."""

    step: int
    time: float
    type: str
    url: str | None
    record: Values


class MediaItems(msgspec.Struct):
    """The rich values of one key."""

    items: list[MediaItem]


class ConsoleLine(msgspec.Struct):
    """One line that a process printed."""

    time: float
    stream: str
    text: str
    rank: int = 0


class ConsolePage(msgspec.Struct):
    """Lines from number `offset` on; `total` counts them all."""

    total: int
    offset: int
    lines: list[ConsoleLine]


class FigureOption(msgspec.Struct):
    """What may be chosen: kind is "choice" (choices), "number" (lo, hi, is_whole), "series" or "word"."""

    name: str
    kind: str
    what: str = ""
    default: str | float | None = None
    choices: list[str] = []
    lo: float | None = None
    hi: float | None = None
    is_whole: bool = False


class FigureInfo(msgspec.Struct):
    """A figure of the gallery: whether this run has what it needs, and if not, what is missing.

    over: "run" or "runs" (a comparison) · scene: three-dimensional · twin: the options that draw it flat
    """

    id: str
    title: str
    ready: bool
    reason: str | None = ""
    options: list[FigureOption] = []
    family: str = ""
    over: str = "run"
    scene: bool = False
    twin: dict[str, str] = {}


class Figures(msgspec.Struct):
    """The gallery over one run."""

    figures: list[FigureInfo]


class Figure(msgspec.Struct):
    """A Plotly figure."""

    data: list[Values]
    layout: Values = {}
    frames: list[Values] = []
    meta: object = None


class Evidence(msgspec.Struct):
    """One observation behind a finding."""

    series: str
    text: str
    step: int | None = None
    value: float | None = None


class Finding(msgspec.Struct):
    """What a rule says."""

    rule: str
    title: str
    severity: Severity
    first_step: int | None = None
    last_step: int | None = None
    evidence: list[Evidence] = []
    cause: str = ""
    action: str = ""


class NotChecked(msgspec.Struct):
    """A rule that could not speak, and why."""

    rule: str
    reason: str


class Findings(msgspec.Struct):
    """The diagnosis of one run."""

    findings: list[Finding]
    not_checked: list[NotChecked] = []


class Health(msgspec.Struct):
    """Who answers, and for which folder."""

    version: str
    runs: int
    root: str = ""
    auth: bool = False


class DamagedRun(msgspec.Struct):
    """A run of which not everything can be read: file, offset and reason of each spot."""

    project: str
    id: str
    damage: list[str] = []


class Protocol(msgspec.Struct):
    """How well the server understands W&B clients: how often each unknown field or operation was asked for, and how
    often in a row posts of a run failed, "project/id"."""

    version: str
    unknown: dict[str, int] = {}
    failed: dict[str, int] = {}
    damaged: list[DamagedRun] = []


class Refusal(msgspec.Struct):
    """An error: one sentence, and what to do."""

    error: str
    next: str = ""


class RunChange(msgspec.Struct):
    """What moved in the run table."""

    project: str
    id: str
    state: RunState
    steps: int
    updated: float


class RunsChanged(msgspec.Struct):
    """The event `runs`."""

    changed: list[RunChange]


class RunGrew(msgspec.Struct):
    """The event `run`; `keys_version` moves when a key is added."""

    project: str
    id: str
    state: RunState
    steps: int
    keys_version: int = 0
    bytes: int = 0


class Committed(msgspec.Struct):
    """How many bytes of each log segment ("writer/000001.rlog") the server has."""

    committed: dict[str, int]


class CommittedBytes(msgspec.Struct):
    """How many bytes of one log segment the server has."""

    committed: int


class SeriesEntry(msgspec.Struct):
    """Where the arrays of one series lie in a binary frame; or why there are none."""

    key: str
    unit: str | None = None
    total: int = 0
    n: int = 0
    exact: bool = False
    arrays: dict[str, ArrayPlace] = {}
    error: str | msgspec.UnsetType = msgspec.UNSET


class SeriesHeader(msgspec.Struct):
    """The head of a frame of series."""

    series: list[SeriesEntry]
    x: str = "step"


class VectorsEntry(msgspec.Struct):
    """Where the arrays of one vector family lie in a binary frame. values (n, k) row-major, k names."""

    family: str
    names: list[str] = []
    unit: str | None = None
    total: int = 0
    n: int = 0
    thinned: bool = False
    arrays: dict[str, ArrayPlace] = {}
    error: str | msgspec.UnsetType = msgspec.UNSET


class VectorsHeader(msgspec.Struct):
    """The head of a frame of vectors."""

    series: list[VectorsEntry]
