"""Belvedere records a training run for almost nothing, shows it while it runs, and says what is wrong with it.

    import belvedere as bv
    run = bv.init(project="demo", config={"lr": 1e-3})
    run.log({"train/loss": 2.1})
    run.finish()

Every name is imported on first use, so that `import belvedere` costs next to nothing. It can stand in for wandb in an
ordinary script: `import belvedere as wandb`.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"
# `from belvedere.errors import CommError`, where a script had `from wandb.errors import CommError`
__path__.append(f"{__path__[0]}/compat/wandb_modules")

# name -> module that defines it
_HOMES = {
    **dict.fromkeys(("init", "finish"), "belvedere.record.session"),
    **dict.fromkeys(
        ("alert", "define", "define_metric", "log", "log_vector", "login", "save", "stage", "unwatch", "watch"),
        "belvedere.record.face",
    ),
    "Run": "belvedere.record.run",
    "Settings": "belvedere.record.face",
    "RecordingWarning": "belvedere.record.guard",
    **dict.fromkeys(
        ("File", "Histogram", "Html", "Plotly", "Table", "Text", "Value", "Vector"), "belvedere.core.values"
    ),
    **dict.fromkeys(("Image", "Video"), "belvedere.core.pictures"),
    "Object3D": "belvedere.core.solids",
    "Array": "belvedere.core.arrays",
    "Audio": "belvedere.core.sounds",
    **dict.fromkeys(
        (
            "BelvedereError",
            "DamagedLog",
            "NotFound",
            "RecordingError",
            "ServerUnreachable",
            "UnknownFormat",
            "UsageError",
        ),
        "belvedere.core.errors",
    ),
    "landscape": "belvedere.analysis.landscape.survey",
    "landscape_line": "belvedere.analysis.landscape.interpolation",
    "hessian_top": "belvedere.analysis.landscape.hessian",
    "capture_attention": "belvedere.record.capture.attention",
    **dict.fromkeys(("capture_embeddings", "log_embeddings"), "belvedere.record.capture.embeddings"),
    **dict.fromkeys(("latent_health", "log_latent_health"), "belvedere.record.capture.latent"),
    "watch_activations": "belvedere.record.capture.activations",
    "probe_learning_rates": "belvedere.record.capture.probe",
    "log_architecture": "belvedere.record.capture.architecture",
    "log_histograms": "belvedere.record.capture.histograms",
    "open": "belvedere.store.opening",
    "render": "belvedere.figures.render",
    "SummaryWriter": "belvedere.compat.summary_writer",
    "figures_every": "belvedere.live.cadence",
    **dict.fromkeys(
        ("TrainingConfig", "TrainingMetrics", "VisualizationManager"), "belvedere.compat.visualization_manager"
    ),
}
# What only scripts that were written for wandb ask for: name -> module, and the name there ("" = the module itself).
_WANDB = {
    **{name: ("belvedere.record.face", name) for name in (
        "AlertLevel", "ensure_configured", "link_model", "log_artifact", "log_code", "log_model", "mark_preempting",
        "require", "restore", "setup", "teardown", "termerror", "termlog", "termwarn", "use_artifact", "use_model",
    )},
    "Artifact": ("belvedere.record.artifact", "Artifact"),
    "Api": ("belvedere.compat.wandb_api", "Api"),
    "Classes": ("belvedere.compat.molecule", "Classes"),
    "Molecule": ("belvedere.compat.molecule", "Molecule"),
    **{name: ("belvedere.compat.wandb_sweeps", name) for name in ("agent", "sweep")},
    **{name: ("belvedere.compat.wandb_errors", name) for name in ("AuthenticationError", "CommError", "Error")},
    "apis": ("belvedere.compat.wandb_apis", ""),
    "data_types": ("belvedere.compat.wandb_data_types", ""),
    "errors": ("belvedere.compat.wandb_errors", ""),
    "plot": ("belvedere.compat.wandb_plot", ""),
    **{name: ("belvedere.compat.wandb_plot", name) for name in ("plot_table", "visualize")},
    "sdk": ("belvedere.compat.wandb_sdk", ""),
    "util": ("belvedere.compat.wandb_util", ""),
    **dict.fromkeys(("wandb_run", "wandb_sdk"), ("belvedere.compat.wandb_sdk", "")),
}  # fmt: skip
# What W&B offers for other libraries, and what to do instead.
_INTEGRATIONS = frozenset("catboost fastai gym integration keras lightgbm sacred sklearn xgboost".split())
_WITH_CLIENT = "keep `import wandb` and set WANDB_BASE_URL to a `belvedere serve`: W&B's own client works with it"
_CURRENT = ("run", "config", "summary")  # of the current run; None when there is none
__all__ = [  # noqa: RUF022 - by what they are for
    "__version__",
    "init",
    "log",
    "log_vector",
    "stage",
    "define",
    "define_metric",
    "alert",
    "save",
    "watch",
    "unwatch",
    "figures_every",
    "SummaryWriter",
    "TrainingConfig",
    "TrainingMetrics",
    "VisualizationManager",
    "watch_activations",
    "capture_attention",
    "capture_embeddings",
    "log_embeddings",
    "latent_health",
    "log_latent_health",
    "probe_learning_rates",
    "log_architecture",
    "log_histograms",
    "finish",
    "login",
    "landscape",
    "landscape_line",
    "hessian_top",
    "open",
    "render",
    "run",  # noqa: F405
    "config",  # noqa: F405
    "summary",  # noqa: F405
    "Run",
    "Settings",
    "Vector",
    "Histogram",
    "Image",
    "Table",
    "Text",
    "Object3D",
    "Array",
    "Audio",
    "Video",
    "Html",
    "Plotly",
    "File",
    "Value",
    "RecordingWarning",
    "BelvedereError",
    "DamagedLog",
    "NotFound",
    "RecordingError",
    "ServerUnreachable",
    "UnknownFormat",
    "UsageError",
]

if TYPE_CHECKING:  # what type checkers and editors see
    from belvedere.analysis.landscape.hessian import hessian_top
    from belvedere.analysis.landscape.interpolation import landscape_line
    from belvedere.analysis.landscape.survey import landscape
    from belvedere.compat.summary_writer import SummaryWriter
    from belvedere.compat.visualization_manager import TrainingConfig, TrainingMetrics, VisualizationManager
    from belvedere.compat.wandb_face import *  # noqa: F403
    from belvedere.core.arrays import Array
    from belvedere.core.errors import (
        BelvedereError,
        DamagedLog,
        NotFound,
        RecordingError,
        ServerUnreachable,
        UnknownFormat,
        UsageError,
    )  # fmt: skip
    from belvedere.core.pictures import Image, Video
    from belvedere.core.solids import Object3D
    from belvedere.core.sounds import Audio
    from belvedere.core.values import File, Histogram, Html, Plotly, Table, Text, Value, Vector
    from belvedere.figures.render import render
    from belvedere.live.cadence import figures_every
    from belvedere.record.capture.activations import watch_activations
    from belvedere.record.capture.architecture import log_architecture
    from belvedere.record.capture.attention import capture_attention
    from belvedere.record.capture.embeddings import capture_embeddings, log_embeddings
    from belvedere.record.capture.histograms import log_histograms
    from belvedere.record.capture.latent import latent_health, log_latent_health
    from belvedere.record.capture.probe import probe_learning_rates
    from belvedere.record.face import (
        Settings,
        alert,
        define,
        define_metric,
        log,
        log_vector,
        login,
        save,
        stage,
        unwatch,
        watch,
    )  # fmt: skip
    from belvedere.record.guard import RecordingWarning
    from belvedere.record.run import Run
    from belvedere.record.session import finish, init
    from belvedere.store.opening import open


def __getattr__(name: str) -> object:
    if name in _CURRENT:
        from belvedere.record.session import current_or_none

        run = current_or_none()
        return run if name == "run" or run is None else getattr(run, name)
    if name in _INTEGRATIONS:
        raise AttributeError(_no_integration(name))
    module, attribute = _WANDB.get(name) or (_HOMES.get(name, ""), name)
    if not module:
        raise AttributeError(f"module 'belvedere' has no {name!r}; see dir(belvedere)")
    value: object = importlib.import_module(module)
    value = getattr(value, attribute) if attribute else value
    globals()[name] = value
    return value


def _no_integration(name: str) -> str:
    return f"belvedere has no {name}; log from a callback of your own, or {_WITH_CLIENT}"


def __dir__() -> list[str]:
    return sorted(__all__)
