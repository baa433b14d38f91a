"""What `belvedere` has besides its own names, for scripts that say `import belvedere as wandb`.

The package itself imports each of them from its home when it is asked for; this module is what type checkers see.
"""

from belvedere.compat import wandb_apis as apis
from belvedere.compat import wandb_data_types as data_types
from belvedere.compat import wandb_errors as errors
from belvedere.compat import wandb_plot as plot
from belvedere.compat import wandb_sdk
from belvedere.compat import wandb_sdk as sdk
from belvedere.compat import wandb_sdk as wandb_run
from belvedere.compat import wandb_util as util
from belvedere.compat.molecule import Classes, Molecule
from belvedere.compat.wandb_api import Api
from belvedere.compat.wandb_errors import AuthenticationError, CommError, Error
from belvedere.compat.wandb_plot import plot_table, visualize
from belvedere.compat.wandb_sweeps import agent, sweep
from belvedere.record.artifact import Artifact
from belvedere.record.face import (
    AlertLevel,
    ensure_configured,
    link_model,
    log_artifact,
    log_code,
    log_model,
    mark_preempting,
    require,
    restore,
    setup,
    teardown,
    termerror,
    termlog,
    termwarn,
    use_artifact,
    use_model,
)  # fmt: skip

__all__ = [
    "AlertLevel", "Api", "Artifact", "AuthenticationError", "Classes", "CommError", "Error", "Molecule", "agent",
    "apis", "data_types", "ensure_configured", "errors", "link_model", "log_artifact", "log_code", "log_model",
    "mark_preempting", "plot", "plot_table", "require", "restore", "sdk", "setup", "sweep", "teardown",
    "termerror", "termlog", "termwarn", "use_artifact", "use_model", "util", "visualize", "wandb_run", "wandb_sdk",
]  # fmt: skip
