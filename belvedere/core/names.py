"""What a project, a run and a series may be called, and how patterns match series names.

A series name is sections joined by "/": "train/loss", "grad_norm/h.3". A pattern is a series name in which "*" stands
for any run of characters: "grad_norm/*".
"""

import re
import secrets
import unicodedata
from collections.abc import Callable
from operator import methodcaller

from belvedere.core.errors import NameRefused

KEY_BYTES_MAX = 1024
# What no folder of Linux, macOS or Windows may have in its name, what an address gives a meaning to, and what nobody
# sees: control characters, line separators, marks of direction, halves of characters.
FOLDER_NAME = re.compile(
    r'(?!\.)[^\x00-\x1f\x7f-\x9f/\\<>:"|?*%#\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,128}(?<![. ])'
)
FOLDER_NAME_BYTES_MAX = 255
RUN_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
ADJECTIVES = (
    "amber", "brisk", "calm", "clear", "copper", "crisp", "dawn", "deep", "early", "fair", "fleet", "gentle", "golden",
    "high", "keen", "level", "light", "lucid", "mellow", "north", "open", "pale", "plain", "quiet", "rapid", "silver",
    "steady", "still", "summer", "tall", "vivid", "wide",
)  # fmt: skip
NOUNS = (
    "arch", "basin", "beacon", "bluff", "brook", "cairn", "cliff", "crest", "delta", "dome", "dune", "fell", "field",
    "ford", "gable", "glade", "harbour", "heath", "hill", "lake", "ledge", "meadow", "moor", "pass", "peak", "ridge",
    "shore", "slope", "spire", "terrace", "tower", "valley",
)  # fmt: skip


def checked_folder_name(name: str, *, what: str) -> str:
    """`name` in NFC when it can be a folder of its own ("project" and "run id" are such names); else NameRefused."""
    normal = unicodedata.normalize("NFC", str(name))
    if not FOLDER_NAME.fullmatch(normal) or len(normal.encode()) > FOLDER_NAME_BYTES_MAX:
        shown = f"{name!r:.60}{'…' * (len(str(name)) > 58)}"
        raise NameRefused(
            f"{what} {shown} cannot be a folder name; use 1 to 128 characters ({FOLDER_NAME_BYTES_MAX} bytes), none "
            'of them / \\ < > : " | ? * % #, without a dot in front or at the end'
        )
    return normal


def checked_key(key: object) -> str:
    """A series name in NFC: text, not empty, at most 1 KiB in UTF-8; else NameRefused."""
    text = key if type(key) is str else str(key)
    normal = text if text.isascii() else unicodedata.normalize("NFC", text)
    size_bytes = len(normal.encode("utf-8", "surrogatepass"))
    if not normal.strip() or size_bytes > KEY_BYTES_MAX:
        raise NameRefused(f"series name of {size_bytes} bytes refused; use 1 to {KEY_BYTES_MAX} bytes: {normal[:60]!r}")
    return normal.encode("utf-8", "replace").decode("utf-8")


def is_pattern(text: str) -> bool:
    """Whether the text holds the wildcard "*"."""
    return "*" in text


def matches(key: str, pattern: str) -> bool:
    """Whether a series name fits a pattern; without "*" only the name itself does."""
    return matcher(pattern)(key)


def matcher(pattern: str) -> Callable[[str], bool]:
    """`matches` with one pattern for many names."""
    if not is_pattern(pattern):
        return pattern.__eq__
    first, *middle, last = pattern.split("*")
    parts = [part for part in (first, *middle, last) if part]
    if len(parts) <= 1:  # by far the most, and a run may have 10⁵ names
        return methodcaller("startswith" if first else "endswith" if last else "__contains__", *parts or ("",))

    def fits(key: str) -> bool:
        """The parts between stars, each at its first place: a regular expression could try for ever."""
        place, end = len(first), len(key) - len(last)
        if place > end or not (key.startswith(first) and key.endswith(last)):
            return False
        for part in middle:
            found = key.find(part, place, end)
            if found < 0:
                return False
            place = found + len(part)
        return True

    return fits


def section(key: str) -> str:
    """The part before the first "/", or "" for a bare name: what the run page groups panels by."""
    head, slash, _ = key.partition("/")
    return head if slash else ""


def new_run_id() -> str:
    """Eight random letters and digits, unique enough for every run of a team (36^8)."""
    return "".join(secrets.choice(RUN_ID_ALPHABET) for _ in range(8))


def new_run_name(number: int) -> str:
    """adjective-noun-N, where N counts the runs of the project."""
    return f"{secrets.choice(ADJECTIVES)}-{secrets.choice(NOUNS)}-{number}"
