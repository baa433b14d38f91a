"""Requests that nobody sends by mistake, from a seed: every address, every field, every argument, with odd values.

What fits is mixed with what does not, for a request that is refused at the door never reaches the code behind it. The
names of fields and arguments are taken from the code itself, so that new ones are attacked as well.
"""

import base64
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from starlette.routing import Route

import belvedere
from belvedere.wandb_protocol.graphql import schema
from tests.wandb_protocol.posting import BEGAN, CONSOLE, HISTORY, SUMMARY, SYSTEM
from tests.wandb_protocol.speaking import basic

T = TypeVar("T")
PACKAGE = Path(belvedere.__file__).parent
NAMED = re.compile(r"""(?:get\(|\w\[|\w\(\w+, )"([A-Za-z_]+)\"""")
PROJECTS = ("p", "q", "Ωmega", "p.2")
RUNS = ("run1", "run2", "run 3", "läuft", "x" * 128)
ODD_NAMES = (
    "", ".", "..", "../x", "a/b", "/etc/passwd", "con.", ".hidden", "x" * 300, "🙂", "a\0b", "a\nb", " ", "%2e%2e",
    "a\\b", "~", "\ud800", "e\u0301", "-rf", "None", "null", "p:q", "p/run1", "*", "a*b", "{}", "'; drop table runs",
)  # fmt: skip
ODD_NUMBERS = (
    0, -1, 1, 2, 7, 1 << 31, 1 << 53, (1 << 63) - 1, 1 << 63, -(1 << 63), 1 << 70, 10**39, 0.5, -0.0, 1e308, 5e-324,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
ODD_TEXTS = (
    *ODD_NAMES, "NaN", "[]", "[1, 2", '{"a": {"value": 1}}',
    '{"$or": [{"state": "finished"}, {"config.lr": {"$gt": 1}}]}',
    '{"$regex": "(a+)+$"}', '{"display_name": {"$regex": "(("}}', '{"keys": ["loss", "_step"], "samples": 5}',
    '{"keys": "loss", "samples": -1, "minStep": "x"}', "-created_at", "+summary_metrics.loss", "%config.x.value",
    "method: random\nparameters: {lr: {min: 0, max: 1}}", "method: grid\nparameters: {a: {values: [1, 2]}}",
    "method: bayes\nmetric: {name: loss}\nparameters: {lr: {distribution: normal, mu: x}}", "a: &a [*a]", "- ]",
    "x:latest",
    "table:v0", "run_table", "2026-11-20T20:51:26", "1970-01-01", "wandb-client-artifact://x/y", "media/images/a.png",
    "t" * 5000,
)  # fmt: skip
GOOD: dict[str, tuple[object, ...]] = {
    "projectName": PROJECTS, "modelName": PROJECTS, "project": PROJECTS, "entityName": ("belvedere", "you"),
    "runName": RUNS, "name": (*RUNS, *PROJECTS, "x:latest", "x:v0", "x"), "names": (["a.txt", "loss"], []),
    "runNames": (list(RUNS),), "artifactTypeName": ("model", "run_table"), "artifactCollectionName": ("x", "table"),
    "digest": ("0" * 32, "d41d8cd98f00b204e9800998ecf8427e"), "digestAlgorithm": ("MANIFEST_MD5",),
    "clientID": ("c" * 128, "d" * 128),
    "sequenceClientID": ("s" * 128,), "aliases": ([{"artifactCollectionName": "x", "alias": "latest"}], ["best"]),
    "files": (["a.txt", "../b", "media/c.png"],),
    "config": ('{"lr": {"value": 0.1}, "_wandb": {"value": {"t": {"1": [1]}}}}',),
    "summaryMetrics": ('{"loss": NaN, "_step": 4}', "{}"), "host": ("node-7",), "first": (1, 50), "last": (3,),
    "samples": (10, 500),
    "specs": (['{"keys": ["_step", "loss"], "samples": 5}'],), "filters": ('{"state": "running"}', "{}"),
    "order": ("-created_at",),
    "metricName": ("_step",), "metricValue": (0, 3), "state": ("finished", "running"), "type": ("INPUT", "FILE"),
    "jobProgram": ("t.py",),
    "manifestType": ("FULL",), "tags": (["a"], [{"tagName": "t"}]), "minStep": (0, 2), "maxStep": (3, 100),
    "pageSize": (5,),
    "upload": (True,), "pattern": ("%.txt", "_%"), "severity": ("INFO", "ERROR"), "title": ("late",), "text": ("very",),
    "runState": ('{"run1": "running"}',),
    "artifactFiles": ([{"name": "f", "md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "artifactID": "x"}],),
}  # fmt: skip
INPUT = (
    "projectName", "runName", "entityName", "artifactTypeName", "artifactCollectionName", "digest", "clientID",
    "sequenceClientID", "aliases", "digestAlgorithm", "artifactID", "artifactManifestID", "artifactFiles", "id", "name",
    "type", "files", "artifactPortfolioID", "artifactSequenceID",
)  # fmt: skip
KINDS = {
    "artifactID": b"Artifact:", "baseArtifactID": b"Artifact:", "artifactManifestID": b"ArtifactManifest:",
    "artifactPortfolioID": b"ArtifactCollection:", "artifactSequenceID": b"ArtifactCollection:",
}  # fmt: skip
QUERY_NAMES = (
    "key", "keys", "x", "from", "to", "points", "offset", "limit", "filter", "sort", "project", "patience", "token",
    "path", "watch", "rank", "family", "step", "full", "run", "config", "format", "as", "max",
)  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Hostile:
    """What one seed has in mind. `learn` shows it answers, whose ids and addresses it uses later."""

    def __init__(self, seed: int, routes: Sequence[Route], spared: str) -> None:
        self.random, self.spared = random.Random(seed), spared
        self.routes = [route for route in routes if route.path != "/api/events"]  # which has no end
        self.fields = {name: sorted(resolvers) for name, resolvers in schema().items()}
        self.words = sorted({*words_of(PACKAGE / "wandb_protocol"), "input", *GOOD})
        self.asked_words = sorted({*words_of(PACKAGE / "server"), *QUERY_NAMES})
        self.inner = sorted({name for names in self.fields.values() for name in names} | set(self.words) - {"input"})
        self.learned: list[str] = ["UnVuOnYxOnJ1bjE6cDpiZWx2ZWRlcmU="]
        self.addresses: list[str] = []

    def attacks(self, count: int) -> Iterator[Attack]:
        """So many requests."""
        kinds = (self.question, self.question, self.question, self.stream, self.stream, self.upload, self.address)
        for _ in range(count):
            yield self.one_of(kinds)()

    def learn(self, answer: bytes) -> None:
        """Ids and addresses in an answer."""
        text = answer[:20_000].decode("utf-8", "replace")
        ids = [
            one
            for one in re.findall(r'"([A-Za-z0-9+/_-]{24,400}={0,2})"', text)
            if self.spared not in unpacked(one).decode("latin-1")
        ]
        addresses = re.findall(r'"http://127.0.0.1:7007(/[^"\\]+)"', text)
        self.learned = (self.learned + ids)[-200:]
        self.addresses = (self.addresses + [one for one in addresses if self.spared not in one])[-50:]

    # ---- what is sent -------------------------------------------------------------------------------------------

    def question(self) -> Attack:
        """An operation on fields that exist, mostly."""
        kind = self.one_of(("Query", "Mutation"))
        variables: dict[str, object] = {}
        fields = [self._field(self.fields[kind], variables, 0, kind) for _ in range(self.random.choice((1, 1, 1, 3)))]
        text = f"{kind.lower()} Odd {{ {' '.join(fields)} }}"
        if self.hardly():
            text = self.torn(text)
        body: object = {"query": text, "variables": variables if not self.hardly() else self.value()}
        return self._posted("/graphql", body if not self.hardly() else self.value())

    def stream(self) -> Attack:
        """A post as a client sends it, with something else in one or two places."""
        first = self.random.randrange(20)
        lines = [self._line(step) for step in range(first, first + self.random.randrange(6))]
        body: object = {
            "files": {
                HISTORY: {"offset": first, "content": lines},
                SYSTEM: {"offset": first, "content": [json.dumps({"_timestamp": BEGAN + first, "system.cpu": 1.0})]},
                SUMMARY: {"offset": 0, "content": [self._line(first)]},
                CONSOLE: {"offset": first, "content": ["2026-11-20T20:51:26.330491 epoch 1", "ERROR 2026-99-99T00 x"]},
            },
            "uploaded": ["a.txt"], **({"complete": True, "exitcode": 0} if self.rarely() else {}),
        }  # fmt: skip
        for _ in range(self.random.randrange(3)):
            body = self.changed(body)
        path = f"/files/belvedere/{self._part(PROJECTS)}/{self._part(RUNS)}/file_stream"
        return self._posted(path, body)

    def upload(self) -> Attack:
        """A PUT to an address that was handed out, as it is or bent, or a GET of one."""
        if not self.addresses:
            return self.address()
        path = self.one_of(self.addresses)
        if self.rarely():
            path = path.replace(self.one_of(path.split("/")), self._part(("..", "x")), 1)
        return Attack(self.one_of(("PUT", "PUT", "GET")), path, {}, self.bytes())

    def address(self) -> Attack:
        """Any address of the server."""
        route = self.one_of(self.routes)
        places: tuple[tuple[str, Sequence[str]], ...] = (("project", PROJECTS), ("id", RUNS), ("run", RUNS))
        known = dict(places)
        path = re.sub(r"\{(\w+)(?::path)?\}", lambda found: self._part(known.get(found[1], ("loss", "a"))), route.path)
        method = (
            self.one_of(sorted(route.methods or {"GET"}))
            if not self.rarely()
            else self.one_of(("PUT", "POST", "DELETE"))
        )
        asked = "&".join(
            f"{self.one_of(self.asked_words)}={quote(self._text(), errors='replace')}"
            for _ in range(self.random.randrange(4))
        )
        headers = {
            **basic("a" * 40),
            **({"Range": "bytes=5-2", "X-Crc32c": self.one_of(("x", "-1", "1"))} if self.rarely() else {}),
        }
        return Attack(
            method, f"{path}?{asked}" if asked else path, headers, b"" if method in ("GET", "HEAD") else self.bytes()
        )

    # ---- of what ------------------------------------------------------------------------------------------------

    def one_of(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def rarely(self) -> bool:
        return self.random.random() < 0.15

    def hardly(self) -> bool:
        return self.random.random() < 0.03

    def value(self, depth: int = 0) -> object:
        """Anything JSON can say, and a little more."""
        kind = self.random.randrange(9 if depth < 3 else 6)
        if kind < 2:
            return self._text()
        if kind == 2:
            return self.one_of(ODD_NUMBERS)
        if kind < 6:
            return self.one_of((None, True, False, {}, []))
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if kind == 7:
            return {
                self.one_of((*self.words, *ODD_TEXTS)): self.value(depth + 1) for _ in range(self.random.randrange(4))
            }
        return nested(self.random.choice((5, 60, 400)))

    def bytes(self) -> bytes:
        """A body of any kind."""
        choices = (
            b"",
            b"{}",
            b"null",
            b"\xff\xfe\x00",
            b'{"a": NaN}',
            b"x" * 5000,
            gzip.compress(b"{}"),
            json.dumps(self.value()).encode(),
        )
        return self.one_of(choices)

    def torn(self, text: str) -> str:
        """A text with a piece missing or doubled."""
        first, second = sorted((self.random.randrange(len(text) + 1), self.random.randrange(len(text) + 1)))
        return text[:first] + text[second:] if self.rarely() else text[:second] + text[first:]

    def changed(self, value: object) -> object:
        """The same with one place, however deep, holding something else."""
        if isinstance(value, dict) and value and not self.rarely():
            key = self.one_of(list(value))
            return {**value, key: self.changed(value[key])}
        if isinstance(value, list) and value and not self.rarely():
            place = self.random.randrange(len(value))
            return [*value[:place], self.changed(value[place]), *value[place + 1 :]]
        if isinstance(value, str) and value.startswith("{") and not self.rarely():
            changed = self.changed(json.loads(value)) if not self.rarely() else self.torn(value)
            return changed if isinstance(changed, str) else json.dumps(changed)
        return self.value()

    def _field(self, names: Sequence[str], variables: dict[str, object], depth: int, kind: str = "") -> str:
        name = self.one_of(names)
        given: dict[str, object] = {}
        if kind == "Mutation":
            wanted = [word for word in INPUT if name.startswith("createArtifact") or self.random.random() < 0.5]
            told = {word: self._argument(word) for word in (*wanted, *self._some_words())}
            if name == "upsertBucket":
                told |= {"name": self.one_of(RUNS), "modelName": self.one_of(PROJECTS)}
            given["input"] = told if not self.rarely() else self.value()
        elif kind == "Query" or self.random.random() < 0.3:
            given = {word: self._argument(word) for word in self._some_words()}
            if kind == "Query" and name in ("project", "model"):
                given["name"] = self.one_of(PROJECTS)
        arguments = ""
        if given:
            at = f"v{len(variables)}_"
            variables.update({at + word: value for word, value in given.items()})
            arguments = "(" + ", ".join(f"{word}: ${at}{word}" for word in given) + ")"
        inner = ""
        if depth < 4:
            below = [
                self._field(self._inner_names(name), variables, depth + 1) for _ in range(self.random.randrange(1, 5))
            ]
            inner = f" {{ id {' '.join(below)} }}" if depth < 2 or not self.rarely() else ""
        return f"f{self.random.randrange(10**9)}: {name}{arguments}{inner}"

    def _inner_names(self, above: str) -> Sequence[str]:
        """What may stand below a field: a run has other fields than a list of files."""
        type_name = {"run": "Run", "bucket": "Run", "project": "Project", "model": "Project", "entity": "Entity"}.get(
            above
        )
        if type_name and not self.rarely():
            return self.fields[type_name]
        if above.endswith("s") and self.random.random() < 0.6:
            return ("edges", "pageInfo", "totalCount")
        return ("node", "cursor") if above == "edges" else self.inner

    def _some_words(self) -> list[str]:
        return self.random.sample(self.words, self.random.randrange(5))

    def _argument(self, word: str) -> object:
        if word in GOOD and self.random.random() < 0.8:
            return self.one_of(GOOD[word])
        if word.lower().endswith("id") and self.random.random() < 0.7:
            fitting = [one for one in self.learned if unpacked(one).startswith(KINDS.get(word, b""))]
            return self.one_of(fitting or self.learned) if not self.rarely() else _opaque(self._text(), self._text())
        return self.value()

    def _text(self) -> str:
        return self.one_of((*ODD_TEXTS, *RUNS, *PROJECTS, *self.learned[-5:]))

    def _part(self, good: Sequence[str]) -> str:
        """A part of an address."""
        return quote(
            self.one_of(good) if not self.rarely() else self.one_of(ODD_NAMES),
            safe="%/" if self.rarely() else "",
            errors="replace",
        )

    def _line(self, step: int) -> str:
        row: dict[str, object] = {
            "_step": step,
            "_timestamp": BEGAN + step,
            "_runtime": float(step),
            "loss": 1 / (step + 1),
        }
        if self.rarely():
            row |= {
                "image": {"_type": "image-file", "path": "media/images/a.png", "sha256": "0" * 64, "size": 3},
                "n": {"a": {"b": 1}},
            }
        if self.rarely():
            row[self._text()] = self.value()
        return json.dumps(row)

    def _posted(self, path: str, body: object) -> Attack:
        raw = json.dumps(body).encode()
        headers = {**basic("a" * 40), "Content-Type": "application/json"}
        if self.hardly():
            headers["Content-Encoding"] = self.one_of(("gzip", "x", ""))
            raw = self.one_of((raw, gzip.compress(raw), gzip.compress(raw)[:-9]))
        elif self.hardly():
            raw = raw[: self.random.randrange(len(raw) + 1)] + self.one_of((b"", b"\xff", b"}"))
        return Attack("POST", path, headers, raw)


def words_of(folder: Path) -> set[str]:
    """The names that the code of a folder looks up in what it is given."""
    return {word for path in folder.rglob("*.py") for word in NAMED.findall(path.read_text())}


def nested(levels: int) -> object:
    """Lists in mappings in lists."""
    found: object = 1
    for level in range(levels):
        found = [found] if level % 2 else {"a": found}
    return found


def unpacked(opaque: str) -> bytes:
    """What an id says, b"" when it is none."""
    try:
        return base64.b64decode(opaque + "==")
    except ValueError:
        return b""


def _opaque(*parts: str) -> str:
    return base64.b64encode(":".join(("Run", "v1", *parts, "belvedere")).encode("utf-8", "replace")).decode()
