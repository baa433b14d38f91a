"""All scenarios as text, as JSON, and as the table of docs/faults.md (`python -m belvedere.recipes.faults.listing`)."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from belvedere.recipes.faults.catalogue import FAMILIES, SCENARIOS
from belvedere.recipes.faults.scenario import Scenario


def as_text(only: str | None = None) -> str:
    """Every scenario with its sentence."""
    lines: list[str] = []
    for family, found in FAMILIES.items():
        if only in (None, family):
            lines += [f"{family}", *(f"  {one.id:24} {one.about}" for one in found), ""]
    broken = sum(one.label is not None for one in SCENARIOS.values())
    return "\n".join([*lines, f"{broken} broken, {len(SCENARIOS) - broken} healthy habits that look alarming"])


def as_json(only: str | None = None) -> str:
    """The same with labels and switches."""
    return json.dumps(
        [
            {"id": one.id, "family": family, "training": one.training, "about": one.about, "switch": dict(one.switch),
             "steps": one.healthy.steps, "label": asdict(one.label) if one.label else None}
            for family, found in FAMILIES.items() if only in (None, family) for one in found
        ],
        indent=1,
    )  # fmt: skip


def as_table() -> str:
    """Markdown: what is broken first, what only looks so last."""
    rows = [_row(one) for family in FAMILIES.values() for one in family]
    head = ["| scenario | training | switch | label | about |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _row(one: Scenario) -> str:
    label = "healthy" if one.label is None else "".join(_label(one))
    return f"| `{one.id}` | {one.training} | {_switch(one)} | {label} | {one.about} |"


def _label(one: Scenario) -> Iterator[str]:
    assert one.label is not None
    yield f"`{one.label.pathology}`"
    if one.label.where:
        yield f" in {one.label.where}"
    if one.label.onset is not None:
        yield f" from step {one.label.onset}"


def _switch(one: Scenario) -> str:
    return ", ".join(f"`{name}`: {getattr(one.healthy, name)} → {value}" for name, value in one.switch.items())


if __name__ == "__main__":
    print(as_table(), end="")
