"""`import belvedere.util`."""

from belvedere.compat.wandb_util import generate_id, json_friendly, make_artifact_name_safe, to_json

__all__ = ["generate_id", "json_friendly", "make_artifact_name_safe", "to_json"]
