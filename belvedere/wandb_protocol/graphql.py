"""Answers GraphQL texts from plain resolvers, without a schema: what is asked is looked up in FIELDS, type by type.

Aliases, fragments, `@include`, `@skip`, variables and their defaults are honoured. An unknown field is null and
counted; an unknown root field is an error that names it. Texts change from one release of the client to the next, the
names of fields hardly do.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql.language import ast

from belvedere.core.errors import BelvedereError, UsageError
from belvedere.core.registry import modules
from belvedere.wandb_protocol.desk import Asked, Desk, Fields, Node, Resolver
from belvedere.wandb_protocol.guard import OurMistake, guarded
from belvedere.wandb_protocol.query import Query, parsed
from belvedere.wandb_protocol.selection import Selector, Slot, Slots

UNKNOWN_MAX = 1_000  # different names that are counted; a fuzzer invents more
ROOTS = {ast.OperationType.QUERY: "Query", ast.OperationType.MUTATION: "Mutation"}
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What a client posts to /graphql."""

    text: str
    variables: Mapping[str, object]
    operation: str | None = None


def answered(desk: Desk, base: str, request: Request, fields: Fields | None = None) -> dict[str, object]:
    """`{"data": …}`, or `{"data": None, "errors": [{"message": …}]}`; never raises, for an error of ours would make
    the client try for hours. `fields`: what is known, FIELDS of all modules when it is not given."""
    try:
        with guarded("an operation"):
            query = parsed(request.text, request.operation)
            asked = Asked(desk, base, query.name, query.variables(request.variables))
            return {"data": _Execution(asked, query, schema() if fields is None else fields).root()}
    except BelvedereError as error:
        return refused(str(error))
    except RecursionError:
        return refused("the query or its variables are nested too deeply; ask in several steps")
    except OSError as error:
        log.warning("an operation met a fault of the disk: %s", error)
        return refused(f"the server cannot use its disk ({error.strerror or error}); make room there and try again")
    except OurMistake as kind:
        return refused(f"the server failed on this query ({kind}); its own output says why")


def refused(message: str) -> dict[str, object]:
    """The error that a client shows to its user."""
    return {"data": None, "errors": [{"message": message}]}


def count_unknown(desk: Desk, what: str) -> None:
    """One more question that we have no answer to; `belvedere doctor --server` tells them."""
    if what in desk.unknown or len(desk.unknown) < UNKNOWN_MAX:
        desk.unknown[what] += 1


@lru_cache(maxsize=1)
def schema() -> dict[str, dict[str, Resolver]]:
    """FIELDS of all modules of `fields/`, joined."""
    joined: dict[str, dict[str, Resolver]] = {}
    for module in modules("belvedere.wandb_protocol.fields"):
        for type_name, resolvers in module.FIELDS.items():
            joined.setdefault(type_name, {}).update(resolvers)
    return joined


class _Execution:
    """One operation being answered."""

    def __init__(self, asked: Asked, query: Query, fields: Fields) -> None:
        self.asked, self.query, self.fields = asked, query, fields
        self.select = Selector(query, asked.variables).slots

    def root(self) -> dict[str, object]:
        """All root fields are known before the first one is resolved: half a mutation helps nobody."""
        root = ROOTS.get(self.query.operation.operation)
        if root is None:
            raise UsageError("subscriptions are not served; ask again instead")
        slots = self.select([self.query.operation.selection_set], root)
        for slot in slots.values():
            if slot.name not in self.fields.get(root, {}) and slot.name != "__typename":
                operation = self.asked.operation or "(no name)"
                count_unknown(self.asked.desk, f"operation {operation}: {root}.{slot.name}")
                raise UsageError(
                    f"operation {operation} asks for {root}.{slot.name}, which this Belvedere server does not know; "
                    "`belvedere doctor --server` counts such questions"
                )
        return self._answered(slots, Node(root, None), self.fields.get(root, {}))

    def _answered(self, slots: Slots, node: Node, resolvers: Mapping[str, Resolver]) -> dict[str, object]:
        return {key: self._completed(self._resolved(slot, node, resolvers), slot) for key, slot in slots.items()}

    def _resolved(self, slot: Slot, node: Node, resolvers: Mapping[str, Resolver]) -> object:
        """A field of a value: by its type's resolver, else by its key."""
        resolver = resolvers.get(slot.name)
        if resolver is not None:
            return resolver(self.asked, node.value, slot.arguments)
        if slot.name == "__typename":
            return node.type or slot.fragment_type or None
        if isinstance(node.value, Mapping) and slot.name in node.value:
            found = node.value[slot.name]
            return found(self.asked, slot.arguments) if callable(found) else found
        count_unknown(self.asked.desk, f"{node.type or slot.fragment_type or 'value'}.{slot.name}")
        return None

    def _completed(self, value: object, slot: Slot) -> object:
        """A resolved value as plain JSON data, with the selections below it answered."""
        if value is None:
            return None
        if not slot.below:
            return plain(value.value if isinstance(value, Node) else value)
        if isinstance(value, list | tuple):
            return [self._completed(item, slot) for item in value]
        if isinstance(value, Node):
            return self._answered(self.select(slot.below, value.type), value, self.fields.get(value.type, {}))
        if isinstance(value, Mapping):  # one that merely says its type is plain: it has what it holds, no resolvers
            node = Node(str(value.get("__typename", "")), value)
            return self._answered(self.select(slot.below, node.type), node, {})
        return None  # a number or a text has no fields


def plain(value: object) -> object:
    """`value` as JSON can hold it: NaN, Infinity and -Infinity are words."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE[str(value)]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else str(value)
