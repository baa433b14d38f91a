"""What a training says on the console: its numbers, computed aloud, and one line a point."""

import math
from collections.abc import Mapping

from belvedere.recipes.historical.panels import Point
from belvedere.recipes.historical.phases import PHASES, PLANNED_TOKENS, is_comparable
from belvedere.recipes.historical.settings import FLOOR, Settings


def opening(settings: Settings, config: Mapping[str, object]) -> str:
    """Text, model, step, plan and the loss to expect; `config` is that of the run."""
    number = {name: float(value) for name, value in config.items() if isinstance(value, int | float)}
    vocab = int(number["vocab"])
    bands = ", ".join(f"{one.name} {low:.2f} to {high:.2f}" for one in PHASES for low, high in [one.band(vocab)])
    plan = f"{settings.steps:,} iterations" if settings.steps is not None else f"{settings.seconds:g} s"
    special = f", {number['special_tokens']:.0f} of them special tokens" if settings.special_tokens else ""
    planned_tokens = (settings.steps or 0) * number["tokens_per_step"]
    worth = f" (of a plan of {PLANNED_TOKENS / 1e6:,.0f} M tokens"
    worth += f"; one of {planned_tokens:,.0f} ends above them)" if settings.steps else ")"
    gflop = number["tokens_per_step"] * number["flops_per_token"] / 1e9
    ranks, passes = int(number["world_size"]), int(number["forward_passes"])
    return (
        f"text       {config['text']}\n"
        f"           {number['train_tokens']:,.0f} tokens to train on, {number['held_out_tokens']:,.0f} held out; "
        f"V = {vocab:,}{special}\n"
        f"model      GPT-2, {settings.layers} layers, {settings.heads} heads, {settings.width} wide, "
        f"T = {settings.context}, dropout {settings.dropout:g}\n"
        f"           model parameters: {number['parameters']:,.0f} (all but the positions)\n"
        f"           decayed tensors: {number['decayed_tensors']:.0f}, with {number['decayed_parameters']:,.0f} "
        f"parameters; not decayed: {number['undecayed_tensors']:.0f}, with {number['undecayed_parameters']:,.0f}\n"
        f"step       {settings.sequences} sequences x {settings.context} tokens = {number['tokens_per_step']:,.0f} "
        f"tokens, {gflop:,.1f} GFLOP; on each of {ranks} rank{'s' * (ranks > 1)} {passes} forward "
        f"pass{'es' * (passes > 1)}\n"
        f"plan       {plan} on {settings.device} in {config['precision']}; learning rate {settings.lr:g} after "
        f"{settings.warmup} iterations, {FLOOR * settings.lr:g} at the end\n"
        f"loss       about {number['expected_first_loss']:.2f} at first, ln V = {math.log(vocab):.2f}\n"
        f"           at the end of each phase {bands}{'' if is_comparable(planned_tokens) else worth}"
    )


def peak(summary: Mapping[str, object]) -> str:
    """What 100 % of MFU is, or why there is no MFU."""
    if "throughput/mfu_peak" in summary:
        return f"mfu        100 % is {summary['throughput/mfu_peak']}"
    return f"mfu        {str(summary.get('throughput/mfu', 'n/a')).partition(';')[0]}"


def line(at: Point, phase: str, planned_steps: float) -> str:
    """One line of progress."""
    left_secs = math.nan if at.dt_ms is None else (planned_steps - at.iteration) * at.dt_ms / 1000
    speed = "  (compiling)" if at.dt_ms is None else f"  {at.dt_ms:,.0f} ms"
    mfu = "" if at.mfu_percent is None else f"  mfu {at.mfu_percent:.1f} %"
    left = f"  {duration(left_secs)} left" if math.isfinite(left_secs) else ""
    return f"iter {at.iteration:6,d}  {phase:5s}  loss {at.loss:.3f}  lr {at.lr:.2e}{speed}{mfu}{left}"


def duration(seconds: float) -> str:
    """40 s, 2 min 05 s, 3 h 04 min."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole // 60 % 60:02d} min"
