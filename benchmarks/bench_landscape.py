"""What a loss landscape costs beyond the forward passes it needs: a GPT of 0.85 million parameters, 8 x 256 tokens.

    python -m benchmarks.bench_landscape [--size 21] [--threads 2]

Bare forward passes of a twin of the model run between the rows of the survey, in the same process, so that a machine
that slows down slows both; the survey's clock stands still meanwhile. The floor is as many bare passes as cells.
"""

import argparse
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from belvedere.analysis.landscape.hessian import hessian_top
from belvedere.analysis.landscape.survey import landscape
from belvedere.recipes.models.gpt import GPT, GPTShape

SHAPE = GPTShape(vocab=256, layers=4, heads=4, kv_heads=4, width=128, context=256)
BATCH = 8
LIMIT = 1.15  # times the bare forward passes


@dataclass
class Times:
    """Seconds and counts of both sides."""

    bare_secs: float = 0.0
    bare_cpu_secs: float = 0.0
    bare_passes: int = 0
    survey_passes: int = 0


class Interleaved:
    """A loss function that runs a row of bare passes after each row of the survey."""

    def __init__(self, row: int) -> None:
        torch.manual_seed(0)
        self.tokens = torch.randint(0, SHAPE.vocab, (BATCH, SHAPE.context + 1))
        self.model, self.twin = GPT(SHAPE), GPT(SHAPE).eval()
        self.row, self.times = row, Times()
        self.loss(self.twin)  # warm

    def loss(self, model: nn.Module) -> Tensor:
        """One forward pass."""
        assert isinstance(model, GPT)
        return model.loss(self.tokens[:, :-1], self.tokens[:, 1:])

    def __call__(self, model: nn.Module) -> Tensor:
        """The survey's call; its clock is paused while the twin runs."""
        found = self.loss(model)
        self.times.survey_passes += 1
        if self.times.survey_passes % self.row == 0:
            started, cpu_started = time.perf_counter(), time.process_time()
            for _ in range(self.row):
                with torch.no_grad():
                    self.loss(self.twin).item()
            self.times.bare_secs += time.perf_counter() - started
            self.times.bare_cpu_secs += time.process_time() - cpu_started
            self.times.bare_passes += self.row
        return found


def main() -> None:
    """Prints both times and their ratio for one and the same number of cells; exit code 1 above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=21, help="rows and columns of the grid")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of torch")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    side = Interleaved(wanted.size)
    started, cpu_started = time.perf_counter(), time.process_time()
    landscape(side.model, side, size=wanted.size, progress=False)
    survey_secs = time.perf_counter() - started - side.times.bare_secs
    survey_cpu_secs = time.process_time() - cpu_started - side.times.bare_cpu_secs
    cells, each = wanted.size**2, side.times.bare_secs / side.times.bare_passes
    ratio = survey_secs / (cells * each)
    cpu_ratio = survey_cpu_secs / (cells * side.times.bare_cpu_secs / side.times.bare_passes)
    print(f"model     {side.model.parameter_count():,} parameters, {BATCH} x {SHAPE.context} tokens")
    print(f"bare      {each * 1e3:7.1f} ms a forward pass, {cells} of them {cells * each:6.1f} s")
    print(f"survey    {survey_secs:7.1f} s for {cells} cells with everything around them")
    print(f"ratio     {ratio:7.3f} of the bare passes by the clock, {cpu_ratio:.3f} by processor time (limit {LIMIT})")
    started = time.perf_counter()
    found = hessian_top(side.model, side.loss, products=10, tolerance=0.0)
    secs = time.perf_counter() - started
    print(f"hessian   {secs:7.1f} s for {found.products} products = {secs / found.products / each:.1f} passes each")
    raise SystemExit(min(ratio, cpu_ratio) > LIMIT)  # on a busy machine the clock says little


if __name__ == "__main__":
    main()
