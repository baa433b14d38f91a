"""What a run's log says already of its configuration and its names, and what is new in what a client says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from belvedere.core.entries import Configured, Defined, Described, Event, Stored, Withdrawn
from belvedere.core.errors import NotFound
from belvedere.importers.wandb.config import definitions, with_flat_names
from belvedere.wandb_protocol.summary import Summary, nested_of, same

if TYPE_CHECKING:
    from belvedere.wandb_protocol.desk import RunName, Shelves

SECTION = "wandb"
CONFIG = "config"  # the fact that holds the raw value of `_wandb`


@dataclass(frozen=True)
class Told:
    """What one request says of a run; None leaves a part as it was. config: all of it · facts: those of W&B ·
    is_edited: somebody changed what is known, so that what is not in config was taken out."""

    config: Mapping[str, Stored] | None = None
    facts: Mapping[str, Stored] = field(default_factory=dict)
    name: str | None = None
    group: str | None = None
    job_type: str | None = None
    tags: Sequence[str] | None = None
    notes: str | None = None
    is_edited: bool = False


@dataclass
class Known:
    """The present state of a run. `values` are its last values by flat key, as far as its summary says them."""

    config: dict[str, object] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    environment: dict[str, object] = field(default_factory=dict)
    defined: dict[str, Defined] = field(default_factory=dict)
    described: Described = field(default_factory=lambda: Described(0.0))
    values: dict[str, Stored] = field(default_factory=dict)
    summary: Summary = field(default_factory=lambda: Summary({}))
    nested: dict[str, list[str]] = field(default_factory=dict)

    def changes(self, told: Told, now: float) -> list[Event]:
        """The entries that a log needs to say the same; what they say is known from here on."""
        found: list[Event] = []
        if (
            told.is_edited
            and told.config is not None
            and (gone := [one for one in self.config if one not in told.config])
        ):
            found.append(Withdrawn(now, gone))
            self.config = {key: value for key, value in self.config.items() if key in told.config}
        found += _configured(self.config, told.config or {}, now, "config")
        found += _configured(self.facts, told.facts, now, SECTION)
        raw = told.facts.get(CONFIG)
        if isinstance(raw, Mapping):
            found += _configured(self.environment, environment(raw), now, "environment")
            found += self._defined(raw.get("m"), now)
        said = Described(now, told.name, told.group, told.job_type, told.tags, told.notes)
        news = {name: value for name in PARTS if (value := getattr(said, name)) not in (None, self._described(name))}
        if news:
            found.append(Described(now, **news))
            self.described = replace(self.described, **news)
        return found

    def paths(self, new: Mapping[str, list[str]], now: float) -> list[Event]:
        """The entry that says under which paths keys were logged nested; none when all are known."""
        if new.items() <= self.nested.items():
            return []
        self.nested.update(new)
        return [Configured(now, {"nested": dict(self.nested)}, SECTION)]

    def _described(self, name: str) -> object:
        found = getattr(self.described, name)
        return list(found) if isinstance(found, tuple) else found

    def _defined(self, metrics: Stored, now: float) -> list[Event]:
        found: list[Event] = []
        for one in with_flat_names(definitions(metrics, now)):
            before = self.defined.get(one.key)
            if before is None or _meaning(before) != _meaning(one):
                self.defined[one.key] = one
                found.append(one)
        return found


PARTS = ("name", "group", "job_type", "tags", "notes")


def known_of(shelves: "Shelves", name: "RunName") -> Known:
    """What the logs of a run say; nothing for a run that is not there."""
    try:
        detail = shelves.run(name).detail
    except NotFound:
        return Known()
    row, facts = detail.row, dict(detail.foreign.get(SECTION, {}))
    return Known(
        dict(row.config), facts, dict(detail.environment), dict(detail.definitions),
        Described(0.0, row.name, row.group, row.job_type, list(row.tags), detail.notes),
        dict(row.summary), Summary(facts), nested_of(facts),  # type: ignore[arg-type]
    )  # fmt: skip


def environment(raw: Mapping[str, Stored]) -> dict[str, Stored]:
    """What the newest process says of where it runs, in the words of our own recorder."""
    processes = raw.get("e")
    told = [one for one in processes.values() if isinstance(one, Mapping)] if isinstance(processes, Mapping) else []
    if not told:
        return {}
    newest = max(told, key=lambda one: str(one.get("startedAt", "")))
    found = {ours: newest[theirs] for theirs, ours in ENVIRONMENT.items() if newest.get(theirs) is not None}
    program, arguments = newest.get("program"), newest.get("args")
    if isinstance(program, str):
        found["command"] = [program, *(arguments if isinstance(arguments, list | tuple) else ())]
    processor, memory, git = newest.get("cpu"), newest.get("memory"), newest.get("git")
    if isinstance(processor, Mapping) and "model" in processor:
        found["cpu"] = processor["model"]
    if isinstance(memory, Mapping) and str(memory.get("total", "")).isdecimal():
        found["memory_bytes"] = int(str(memory["total"]))
    if isinstance(git, Mapping):
        found |= {name: git[name] for name in ("commit", "remote") if name in git}
    cards = newest.get("gpu_nvidia")
    if isinstance(cards, list | tuple):
        found["gpus"] = [_card(one) for one in cards if isinstance(one, Mapping)]
    return found


ENVIRONMENT: Mapping[str, str] = {
    "python": "python", "executable": "executable", "root": "directory", "host": "host", "os": "os",
    "cpu_count": "cpu_cores", "cpu_count_logical": "cpu_threads",
}  # fmt: skip


def _card(told: Mapping[str, Stored]) -> Stored:
    memory = str(told.get("memoryTotal", ""))
    return {"name": str(told.get("name", "")), "memory_bytes": int(memory) if memory.isdecimal() else 0}


def _configured(known: dict[str, object], told: Mapping[str, Stored], now: float, section: str) -> list[Event]:
    news = {key: value for key, value in told.items() if key not in known or not same(known[key], value)}
    known.update(news)
    return [Configured(now, news, section)] if news else []


def _meaning(one: Defined) -> tuple[object, ...]:
    return one.key, one.x, list(one.summary), one.goal, one.unit, one.hidden
