"""`bv.SummaryWriter`: the names of torch.utils.tensorboard's SummaryWriter over our recorder.

    import belvedere as bv
    writer = bv.SummaryWriter("runs/x")

Without a run a writer begins one, in the project "runs" under the name "x", and closes it; inside a run of `bv.init` it
writes there. A `global_step` that is left out counts each tag from 0. What an argument does only to the look of
TensorBoard's page is accepted and has no effect here; a name that SummaryWriter does not have is told once.
"""

import datetime
import os
import platform
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from belvedere.compat import summary_values as values
from belvedere.core.arrays import Array
from belvedere.core.errors import UsageError
from belvedere.core.names import FOLDER_NAME
from belvedere.core.pictures import Image, Video
from belvedere.core.plain import array_of
from belvedere.core.sounds import Audio
from belvedere.core.values import Histogram, Text
from belvedere.record import session
from belvedere.record.dated import log_at
from belvedere.record.guard import RecordingWarning
from belvedere.record.run import Run

PROJECT = "runs"

_own: "weakref.WeakSet[Run]" = weakref.WeakSet()  # runs that a writer began; another writer leaves them alone


class SummaryWriter:
    """Made by the training script; every `add_…` is safe from SIGKILL when it returns."""

    def __init__(
        self, log_dir: str | os.PathLike[str] | None = None, comment: str = "", purge_step: int | None = None,
        max_queue: int = 10, flush_secs: int = 120, filename_suffix: str = "", **unknown: object,
    ) -> None:  # fmt: skip
        """log_dir: names the run; the folder is made, since scripts keep checkpoints there, and stays empty.

        purge_step: go on with the run of this log_dir; what it logged from that step on is hidden."""
        if unknown:
            _warn(f"SummaryWriter() does not know {', '.join(sorted(unknown))}; ignored, see help(bv.SummaryWriter)")
        self.log_dir = os.fspath(log_dir) if log_dir else _default_log_dir(comment)
        self.purge_step = purge_step
        current = session.current_or_none()
        self._is_own = current is None or current in _own
        self.run: Run = _begin(self.log_dir, purge_step) if self._is_own or current is None else current
        if self._is_own:
            _own.add(self.run)
            Path(self.log_dir).mkdir(parents=True, exist_ok=True)
        self._steps: dict[str, int] = {}  # the next one of each tag that is logged without

    def get_logdir(self) -> str:
        """`log_dir`, as it was given."""
        return self.log_dir

    # ---- numbers ------------------------------------------------------------------------------------------------

    def add_scalar(
        self, tag: str, scalar_value: object, global_step: int | None = None, walltime: float | None = None,
        new_style: bool = False, double_precision: bool = False,
    ) -> None:  # fmt: skip
        """One number."""
        self._log(tag, lambda: {tag: scalar_value}, global_step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, object], global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Several numbers of one step, as MAIN_TAG/NAME."""
        self._log(
            main_tag, lambda: {f"{main_tag}/{name}": value for name, value in tag_scalar_dict.items()}, global_step,
            walltime,
        )  # fmt: skip

    def add_tensor(
        self, tag: str, tensor: object, global_step: int | None = None, walltime: float | None = None
    ) -> None:  # fmt: skip
        """Numbers of any shape."""
        self._log(tag, lambda: {tag: Array(tensor)}, global_step, walltime)

    def add_histogram(
        self, tag: str, values: object, global_step: int | None = None, bins: object = "tensorflow",
        walltime: float | None = None, max_bins: int | None = None,
    ) -> None:  # fmt: skip
        """A distribution. bins: a number, edges, or a rule of numpy's; "tensorflow" is 64."""
        self._log(tag, lambda: {tag: _histogram(values, bins)}, global_step, walltime)

    def add_histogram_raw(
        self, tag: str, min: float, max: float, num: int, sum: float, sum_squares: float,
        bucket_limits: Sequence[float], bucket_counts: Sequence[float], global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """A distribution that was counted already: the upper limit and the count of each bucket."""
        edges = [min, *bucket_limits]
        self._log(tag, lambda: {tag: Histogram(counts=list(bucket_counts), edges=edges)}, global_step, walltime)

    # ---- pictures, sounds, texts --------------------------------------------------------------------------------

    def add_image(
        self, tag: str, img_tensor: object, global_step: int | None = None, walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:  # fmt: skip
        """A picture: floats from 0 to 1 or whole numbers from 0 to 255."""
        self._log(tag, lambda: {tag: Image(values.picture(img_tensor, dataformats))}, global_step, walltime)

    def add_images(
        self, tag: str, img_tensor: object, global_step: int | None = None, walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:  # fmt: skip
        """Several pictures, each by itself."""
        self._log(tag, lambda: {tag: values.images(img_tensor, dataformats)}, global_step, walltime)

    def add_image_with_boxes(
        self, tag: str, img_tensor: object, box_tensor: object, global_step: int | None = None,
        walltime: float | None = None, rescale: float = 1, dataformats: str = "CHW",
        labels: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """A picture with boxes (n, 4): left, top, right, bottom in pixels."""
        image = partial(values.boxed, img_tensor, box_tensor, dataformats, labels)
        self._log(tag, lambda: {tag: image()}, global_step, walltime)

    def add_figure(
        self, tag: str, figure: object, global_step: int | None = None, close: bool = True,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """A matplotlib figure, or a list of them; `close` closes them."""
        figures = list(figure) if isinstance(figure, list | tuple) else [figure]
        pictures = [Image(one) for one in figures]
        self._log(tag, lambda: {tag: pictures if isinstance(figure, list | tuple) else pictures[0]}, global_step,
            walltime)  # fmt: skip
        if close:
            values.close_figures(figures)

    def add_video(
        self, tag: str, vid_tensor: object, global_step: int | None = None, fps: float = 4,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Moving pictures (n, time, channels, height, width)."""
        clips = partial(values.clips, vid_tensor)
        self._log(tag, lambda: {tag: _one_or_all([Video(clip, fps=fps) for clip in clips()])}, global_step, walltime)

    def add_audio(
        self, tag: str, snd_tensor: object, global_step: int | None = None, sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:  # fmt: skip
        """A sound (1, samples) from -1 to 1."""
        self._log(tag, lambda: {tag: Audio(values.samples(snd_tensor), sample_rate)}, global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:  # fmt: skip
        """A text."""
        self._log(tag, lambda: {tag: Text(text_string)}, global_step, walltime)

    # ---- models and classifiers ---------------------------------------------------------------------------------

    def add_mesh(
        self, tag: str, vertices: object, colors: object = None, faces: object = None,
        config_dict: object = None, global_step: int | None = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Points (batch, n, 3), colours in 0…255 for each, and faces (batch, m, 3) of a mesh."""
        self._log(tag, lambda: {tag: _one_or_all(values.solids(vertices, colors, faces))}, global_step, walltime)

    def add_embedding(
        self, mat: object, metadata: Sequence[object] | None = None, label_img: object = None,
        global_step: int | None = None, tag: str = "default", metadata_header: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Where things lie in a space (n, d), under `embeddings/TAG`; metadata names them."""
        found = partial(values.embedding, mat, metadata, metadata_header)
        self._log(tag, lambda: {f"embeddings/{tag}": found()}, global_step, None)

    def add_pr_curve(
        self, tag: str, labels: object, predictions: object, global_step: int | None = None,
        num_thresholds: int = 127, weights: object = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """Precision and recall at evenly spaced thresholds, and the predictions themselves for our own figures."""
        found = partial(values.pr_curve, tag, labels, predictions, num_thresholds, weights)
        self._log(tag, found, global_step, walltime)

    def add_pr_curve_raw(
        self, tag: str, true_positive_counts: object, false_positive_counts: object, true_negative_counts: object,
        false_negative_counts: object, precision: object, recall: object, global_step: int | None = None,
        num_thresholds: int = 127, weights: object = None, walltime: float | None = None,
    ) -> None:  # fmt: skip
        """A curve that was computed already."""
        columns = (
            true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts, precision, recall
        )  # fmt: skip
        self._log(tag, lambda: {tag: values.curve_table([array_of(one) for one in columns])}, global_step, walltime)

    def add_hparams(
        self, hparam_dict: Mapping[str, object], metric_dict: Mapping[str, object],
        hparam_domain_discrete: object = None, run_name: str | None = None, global_step: int | None = None,
    ) -> None:  # fmt: skip
        """The configuration, and the numbers it led to; both belong to this very run."""
        self.run.config.update(dict(hparam_dict))
        self._log("hparams", lambda: dict(metric_dict), global_step, None)

    def add_graph(
        self, model: object, input_to_model: object = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:  # fmt: skip
        """The table `architecture` of a torch model: its blocks and their sizes, without running it."""
        try:
            from belvedere.record.capture.architecture import log_architecture

            log_architecture(model, run=self.run)
        except (ImportError, UsageError) as error:
            _warn(f"add_graph() kept nothing: {error}")

    def add_onnx_graph(self, prototxt: str) -> None:
        """Keep the file."""
        self.run.save(prototxt)

    def add_custom_scalars(self, layout: object) -> None:
        """Nothing: our page groups charts by their names."""

    def add_custom_scalars_multilinechart(
        self, tags: object, category: str = "default", title: str = "untitled"
    ) -> None:  # fmt: skip
        """Nothing: choose the lines of a chart on the page."""

    def add_custom_scalars_marginchart(
        self, tags: object, category: str = "default", title: str = "untitled"
    ) -> None:  # fmt: skip
        """Nothing: choose the lines of a chart on the page."""

    # ---- end ----------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Nothing: what was added is in the file."""

    def close(self) -> None:
        """End the run, if the writer began it."""
        if self._is_own:
            self.run.finish()

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        if self._is_own:
            self.run.__exit__(kind, error, trace)

    # ---- parts --------------------------------------------------------------------------------------------------

    def _log(
        self, tag: str, make: Callable[[], Mapping[str, object]], step: int | None, walltime: float | None
    ) -> None:  # fmt: skip
        """Log what `make` makes; what cannot be made is told, not raised into the training."""
        try:
            found = make()
            at = self._steps.get(tag, 0) if step is None else int(array_of(step))
        except (UsageError, ValueError, TypeError) as error:
            _warn(f"{tag!r} was not recorded: {error}")
            return
        self._steps[tag] = at + 1
        log_at(self.run, found, at, walltime)


def _begin(log_dir: str, purge_step: int | None) -> Run:
    """A run named after a log directory: the one that it had when it goes on, else a new one."""
    parts = [part for part in PurePath(log_dir).parts if part not in (os.sep, ".", "..")]
    name = "/".join(parts[1:] if len(parts) > 1 else parts) or PROJECT
    first = parts[0] if len(parts) > 1 and not PurePath(log_dir).is_absolute() else ""
    project = os.environ.get("BELVEDERE_PROJECT") or (first if FOLDER_NAME.fullmatch(first) else PROJECT)
    run_id = name.replace("/", ".") if FOLDER_NAME.fullmatch(name.replace("/", ".")) else None
    begin = partial(session.init, project=project, name=name)
    if run_id is None:
        return begin()
    if purge_step is not None:
        try:
            return begin(id=run_id, resume_from=purge_step)
        except UsageError:  # there is no such run yet
            return begin(id=run_id)
    try:
        return begin(id=run_id, resume="never")
    except UsageError:  # there is one already: TensorBoard would lay both over each other
        return begin()


def _default_log_dir(comment: str) -> str:
    now = datetime.datetime.now().strftime("%b%d_%H-%M-%S")
    return os.path.join(PROJECT, f"{now}_{platform.node()}{comment}")


def _histogram(given: object, bins: object) -> Histogram:
    if isinstance(bins, int):
        return Histogram(given, bins)
    if bins == "tensorflow":
        return Histogram(given)
    numbers: NDArray[np.float64] = array_of(given).astype(np.float64).ravel()
    chosen = bins if isinstance(bins, str) else array_of(bins).astype(np.float64)
    counts, edges = np.histogram(numbers[np.isfinite(numbers)], bins=chosen)
    return Histogram(counts=counts, edges=edges)


def _one_or_all(found: Sequence[object]) -> object:
    return found[0] if len(found) == 1 else list(found)


def _warn(text: str) -> None:
    warnings.warn(text, RecordingWarning, stacklevel=3)
