"""A learned vocabulary in a file of its own: any JSON object with "merges", such as about.json of a token folder."""

import json
from pathlib import Path

import belvedere as bv
from belvedere.recipes.corpora.bpe import Pair

BYTES = 256
IDS_MAX = 65_536


def read_merges(path: Path) -> tuple[Pair, ...]:
    """The merges in the order they were learned; UsageError says which is none."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as fault:
        raise bv.UsageError(f"--tokenizer-file {path} cannot be read ({fault.strerror}); "
                            "give about.json of a token folder") from fault  # fmt: skip
    except ValueError as fault:
        raise bv.UsageError(
            f"--tokenizer-file {path} is no JSON ({fault}); give about.json of a token folder"
        ) from fault
    merges = found.get("merges") if isinstance(found, dict) else None
    if not isinstance(merges, list) or not merges:
        raise bv.UsageError(f'--tokenizer-file {path} holds no "merges"; give about.json of a token folder')
    if len(merges) > IDS_MAX - BYTES:
        raise bv.UsageError(f"--tokenizer-file {path} holds {len(merges):,} merges; {IDS_MAX - BYTES:,} is the most")
    for place, pair in enumerate(merges):
        is_pair = isinstance(pair, list) and len(pair) == 2 and all(type(one) is int for one in pair)
        if not is_pair or not all(0 <= one < BYTES + place for one in pair):
            raise bv.UsageError(f"--tokenizer-file {path}: merge {place} is {pair!r}, not two ids below "
                                f"{BYTES + place}; give a file that was not changed by hand")  # fmt: skip
    return tuple((left, right) for left, right in merges)
