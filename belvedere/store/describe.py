"""Describes a run: row, detail, summary, from the journals of its writers and the last values of its keys."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from belvedere.core.entries import Alerted, Defined, Described, FileSaved, RunStarted
from belvedere.core.names import is_pattern, matcher
from belvedere.core.series import Buckets, Stage
from belvedere.runlog.layout import RunFolder
from belvedere.store.journal import Journal
from belvedere.store.liveness import Attempt, hidden_from, run_state
from belvedere.store.records import KeyInfo, RunDetail, RunRow

SUMMARIES = ("min", "max", "mean", "best")
MACHINE = "system/"  # what is measured of the machine, not logged by the training
FACT_CHARACTERS_MAX = 200  # in the run table; longer ones are read with the run
DESCRIPTIONS = ("name", "group", "job_type", "tags", "notes")
Told = TypeVar("Told")
Whole = Callable[[str], Buckets]  # a series as one bucket


def described(
    folder: RunFolder, journals: Sequence[Journal], attempts: Sequence[Attempt], keys: Sequence[KeyInfo],
    texts: Mapping[str, str], whole: Whole, damage: Sequence[str],
) -> RunDetail:  # fmt: skip
    """The detail of a run; journals and attempts go by start time. `texts` are the last values of keys that hold
    strings."""
    started = [journal.started for journal in journals if journal.started is not None]
    definitions = _later_wins(journal.defined for journal in journals)
    first = started[0] if started else None
    said, foreign = _said(journals), _foreign(journals)
    summary = summarised(keys, texts, definitions, whole) | _later_wins(journal.summary for journal in journals)
    row = RunRow(
        project=folder.project,
        id=folder.run_id,
        name=said.name or (first.name if first and first.name else folder.run_id),
        group=(first.group if first else "") if said.group is None else said.group,
        job_type=(first.job_type if first else "") if said.job_type is None else said.job_type,
        tags=tuple(dict.fromkeys(str(tag) for tag in _tags(started, said))),
        state=run_state(attempts),
        steps=last_step(journals, attempts) + 1,
        created=created(journals, folder),
        updated=max((journal.last_time for journal in journals), default=0.0) or created(journals, folder),
        config=_config(journals),
        summary=summary,
        damage=tuple(damage),
        notes=_notes(started, said),
        facts={program: _short(facts) for program, facts in foreign.items()},
        rows=_rows(keys),
    )
    return RunDetail(
        row=row,
        notes=row.notes,
        environment=_later_wins(journal.environment for journal in journals),
        stages=_stages(journals, attempts),
        alerts=tuple(sorted(_alerts(journals), key=lambda alert: alert.time)),
        attempts=tuple(attempt for attempt in attempts if not attempt.is_companion),
        definitions=definitions,
        files=_files(journals),
        dropped_rows=sum(journal.dropped_rows for journal in journals),
        world_size=max((start.world_size for start in started), default=1),
        foreign=foreign,
    )


def _config(journals: Iterable[Journal]) -> dict[str, object]:
    """The configuration as it is now: what a later process took out is gone."""
    found: dict[str, object] = {}
    for journal in journals:
        for key in journal.withdrawn:
            found.pop(key, None)
        found.update(journal.config)
    return found


def _said(journals: Iterable[Journal]) -> Described:
    """All later descriptions as one: the newest word on each part."""
    found = Described(0.0)
    for one in sorted((said for journal in journals for said in journal.described), key=lambda said: said.time):
        news = {name: value for name in DESCRIPTIONS if (value := getattr(one, name)) is not None}
        found = replace(found, **news)
    return found


def _tags(started: Iterable[RunStarted], said: Described) -> Iterable[str]:
    return (tag for start in started for tag in start.tags) if said.tags is None else said.tags


def _notes(started: Sequence[RunStarted], said: Described) -> str:
    first = next((start.notes for start in reversed(started) if start.notes), "")
    return first if said.notes is None else said.notes


def _files(journals: Iterable[Journal]) -> tuple[FileSaved, ...]:
    """The files as they are now: of those of one path the last one, unless it says that the file is gone."""
    latest = _later_wins({saved.path: saved for saved in journal.files} for journal in journals)
    return tuple(saved for saved in latest.values() if saved.sha256)


def _foreign(journals: Iterable[Journal]) -> dict[str, Mapping[str, object]]:
    sections = dict.fromkeys(name for journal in journals for name in journal.foreign)
    return {name: _later_wins(journal.foreign.get(name, {}) for journal in journals) for name in sections}


def _rows(keys: Iterable[KeyInfo]) -> int:
    counts = (info.count for info in keys if info.kind == "scalar" and not info.key.startswith(MACHINE))
    return max(counts, default=0)


def _short(facts: Mapping[str, object]) -> dict[str, str | int | float | bool]:
    return {
        name: fact
        for name, fact in facts.items()
        if isinstance(fact, int | float) or (isinstance(fact, str) and len(fact) <= FACT_CHARACTERS_MAX)
    }


def last_step(journals: Sequence[Journal], attempts: Sequence[Attempt]) -> int:
    """The last step that no later attempt took up again; -1 when nothing was logged."""
    last = -1
    for journal, hidden in zip(journals, hidden_from(attempts), strict=True):
        last = max(last, journal.last_step if hidden is None else min(journal.last_step, hidden - 1))
    return last


def created(journals: Iterable[Journal], folder: RunFolder) -> float:
    """When the run began: the origin of relative time."""
    times = [journal.started.time for journal in journals if journal.started is not None]
    if times:
        return min(times)
    try:
        return folder.path.stat().st_mtime
    except OSError:
        return 0.0


def summarised(
    keys: Sequence[KeyInfo], texts: Mapping[str, str], definitions: Mapping[str, Defined], whole: Whole
) -> dict[str, object]:
    """The last value of each key, and what definitions ask for besides: "loss" and "loss.min"."""
    found: dict[str, object] = {}
    found_for = definition_finder(definitions)
    for info in keys:
        wanted = found_for(info.key)
        asked = tuple(wanted.summary) if wanted is not None else ()
        if "none" in asked or not info.count:
            continue
        if info.kind == "string":
            found[info.key] = texts.get(info.key, "")
        elif info.kind == "scalar" and info.last is not None:
            found[info.key] = info.last
            if wanted is not None and any(one in SUMMARIES for one in asked):
                found |= _asked(info.key, asked, wanted.goal, whole(info.key))
    return found


def _asked(key: str, asked: Iterable[str], goal: str | None, bucket: Buckets) -> dict[str, object]:
    best = bucket.max if goal == "maximize" else bucket.min
    values = {"min": bucket.min, "max": bucket.max, "mean": bucket.mean, "best": best}
    return {f"{key}.{one}": float(values[one][0]) for one in asked if one in SUMMARIES and len(bucket)}


def definition_of(key: str, definitions: Mapping[str, Defined]) -> Defined | None:
    """What was said about a key: by its name, else by the first pattern that fits."""
    return definition_finder(definitions)(key)


def definition_finder(definitions: Mapping[str, Defined]) -> Callable[[str], Defined | None]:
    """`definition_of` for many keys."""
    patterns = [(matcher(pattern), defined) for pattern, defined in definitions.items() if is_pattern(pattern)]

    def found_for(key: str) -> Defined | None:
        return definitions.get(key) or next((defined for fits, defined in patterns if fits(key)), None)

    return found_for


def with_units(keys: Iterable[KeyInfo], definitions: Mapping[str, Defined]) -> list[KeyInfo]:
    """Keys with the units that were defined for them."""
    if not definitions:
        return list(keys)
    found, found_for = [], definition_finder(definitions)
    for info in keys:
        defined = found_for(info.key)
        found.append(replace(info, unit=defined.unit) if defined is not None and defined.unit else info)
    return found


def _later_wins(mappings: Iterable[Mapping[str, Told]]) -> dict[str, Told]:
    merged: dict[str, Told] = {}
    for mapping in mappings:
        merged.update(mapping)
    return merged


def _stages(journals: Sequence[Journal], attempts: Sequence[Attempt]) -> tuple[Stage, ...]:
    """Stages of all ranks, each once, by step; those that a later attempt took up again are left out."""
    found: dict[tuple[str, int], Stage] = {}
    for journal, hidden in zip(journals, hidden_from(attempts), strict=True):
        for stage in journal.stages:
            if hidden is None or stage.step < hidden:
                found.setdefault((stage.name, stage.step), stage)
    return tuple(sorted(found.values(), key=lambda stage: (stage.step, stage.time)))


def _alerts(journals: Iterable[Journal]) -> Iterable[Alerted]:
    """Each alert once: told again with the same time and words, it stands at the step that was told last."""
    found = (alert for journal in journals for alert in journal.alerts)
    return {(alert.time, alert.title, alert.text, alert.level): alert for alert in found}.values()
