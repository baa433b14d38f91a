"""What a training on a stream says on the console: the numbers before it, a line a chunk, and what came of it."""

import math
from collections import deque
from pathlib import Path

from belvedere.recipes.streaming.settings import Settings

STEP_TIMES = 50  # chunks over whose mean time the time that is left is told
LAST, LAST_SHARE = 10, 5  # "the last" are a fifth of all chunks, ten at most


class Console:
    """Remembers what it was told of this attempt; answers in words."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._step_secs: deque[float] = deque(maxlen=STEP_TIMES)
        self._secs = 0.0
        self._chunks = 0
        self._first = (math.nan, math.nan)  # loss and accuracy
        self._last: deque[tuple[float, float]] = deque(maxlen=LAST)

    def before(
        self, stream: str, *, step: int, vocab: int, parameters: int, flops_per_token: int, world: int
    ) -> str:  # fmt: skip
        """The numbers, computed aloud; `step` chunks were trained on by earlier attempts."""
        it, budget = self._settings, "to the end of the stream"
        if it.max_chunks is not None:
            budget = f"{it.max_chunks:,} chunks = {it.max_chunks * it.tokens_per_chunk:,} tokens"
        elif it.seconds is not None:
            budget = f"{it.seconds:g} s"
        begin = f"loss       before the first update it is ln {vocab:,} = {math.log(vocab):.3f}"
        if step:
            begin = f"go on      behind chunk {step:,} of {it.tokens_per_chunk:,} tokens"
        return (
            f"stream     {stream}\n"
            f"model      {it.layers} layers x {it.width} wide, {it.heads} heads, V = {vocab:,}: "
            f"{parameters:,} parameters\n"
            f"chunk      {it.tokens_per_chunk:,} tokens = {it.updates} updates of {it.batch} sequences x "
            f"{it.max_seq_length} tokens, {it.tokens_per_chunk * flops_per_token / 1e9:,.1f} GFLOP\n"
            f"budget     {budget} on {it.device} in {it.dtype}, {world} x {it.threads} CPU threads\n"
            f"{begin}"
        )

    def chunk(self, step: int, *, loss: float, accuracy: float, secs: float, rate: float, elapsed: float) -> str:
        """One line. `secs` are without writing and checkpoints, and so is the time that is left."""
        if not self._chunks:
            self._first = (loss, accuracy)
        self._chunks += 1
        self._secs += secs
        self._step_secs.append(secs)
        self._last.append((loss, accuracy))
        it = self._settings
        of = f"/{it.max_chunks:,}" if it.max_chunks is not None else ""
        return (
            f"chunk {step:>5,}{of}  loss {loss:.3f}  accuracy {accuracy:6.2%}  "
            f"{it.tokens_per_chunk / secs:>8,.0f} tok/s  lr {rate:.4f}{self._time_left(step, elapsed)}"
        )

    def _time_left(self, step: int, elapsed: float) -> str:
        it = self._settings
        if it.max_chunks is not None:
            return f"  ETA {clock((it.max_chunks - step) * sum(self._step_secs) / len(self._step_secs))}"
        return f"  ETA {clock(max(0.0, it.seconds - elapsed))}" if it.seconds is not None else ""

    def after(self, step: int, checkpoint: Path | None, *, has_dashboard: bool) -> str:
        """The final statistics, and where everything lies."""
        it, count = self._settings, self._chunks
        last = list(self._last)[-max(1, count // LAST_SHARE) :]
        lines = [f"chunks     {step:,} in all, {step * it.tokens_per_chunk:,} tokens"]
        if count:
            lines[0] += f"; {count * it.tokens_per_chunk / self._secs:,.0f} tokens/s over the {count:,} of this attempt"
            loss, accuracy = (sum(values) / len(last) for values in zip(*last, strict=True))
            lines.append(f"loss       {self._first[0]:.3f} in the first of them, {loss:.3f} in the last {len(last)}")
            lines.append(
                f"accuracy   {self._first[1]:.2%} in the first of them, {accuracy:.2%} in the last {len(last)}"
            )
        if has_dashboard:
            folder = Path(it.viz_dir)
            lines.append(f"dashboard  {folder / 'training_latest.png'}")
            lines.append(f"metrics    {folder / 'metrics_history.json'}")
            lines.append(f"samples    {folder / 'text_samples.json'}")
        lines.append(f"checkpoint {checkpoint}; go on with --resume" if checkpoint else "checkpoint none")
        return "\n".join(lines)


def clock(secs: float) -> str:
    """Hours, minutes and seconds."""
    minutes, seconds = divmod(round(secs), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
