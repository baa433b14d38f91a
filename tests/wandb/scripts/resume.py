"""Takes runs up again in every way that the client offers, and prints what it was told as one line of JSON."""

import json

import wandb

PROJECT = "resume"
seen: dict[str, object] = {}


def logged(values: list[float], **how: object) -> list[object]:
    """[step of the first row, whether it was resumed], after a row for each value."""
    with wandb.init(project=PROJECT, **how) as run:
        for value in values:
            run.log({"loss": value, "deep": {"value": -value}})
        return [run.step - len(values), run.resumed]


def refused(**how: object) -> str:
    """The error's first line."""
    try:
        with wandb.init(project=PROJECT, **how):
            return "not refused"
    except (wandb.errors.UsageError, wandb.errors.CommError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"


seen["new, allowed"] = logged([9, 8, 7], id="kept", resume="allow", config={"lr": 1, "old": True})
seen["allowed"] = logged([6, 5], id="kept", resume="allow", config={"lr": 2})
seen["must"] = logged([4], id="kept", resume="must")
seen["never"] = logged([1], id="fresh", resume="never")
logged([1, 2, 3], id="again")
seen["again"] = logged([10, 20], id="again")
seen["rewound"] = logged([3.5, 2.5], resume_from="kept?_step=3")
seen["forked"] = logged([0.5], id="fork", fork_from="kept?_step=1")
api = wandb.Api()
seen["rows"] = {
    run_id: [[row["_step"], row["loss"]] for row in api.run(f"{PROJECT}/{run_id}").scan_history()]
    for run_id in ("kept", "fresh", "again", "fork")
}
seen["config"] = api.run(f"{PROJECT}/kept").config
seen["summary"] = api.run(f"{PROJECT}/kept").summary["loss"]
seen["must, but is not there"] = refused(id="nobody", resume="must")
seen["never, but is there"] = refused(id="fresh", resume="never")  # the client itself goes on holding this id
print(json.dumps(seen))
