"""`wandb.util`: the few functions that scripts take from there."""

import re
import secrets

from belvedere.core.names import RUN_ID_ALPHABET
from belvedere.core.plain import plain_data


def generate_id(length: int = 8) -> str:
    """A new id for a run."""
    return "".join(secrets.choice(RUN_ID_ALPHABET) for _ in range(length))


def make_artifact_name_safe(name: str) -> str:
    """A name with "_" for what an artifact cannot be called."""
    return re.sub(r"[^a-zA-Z0-9_\-.]", "_", name)[:128]


def to_json(obj: object) -> object:
    """Anything as plain data."""
    return plain_data(obj)


json_friendly = to_json
