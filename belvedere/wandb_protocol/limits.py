"""How much one request may ask for: what real clients send is far below, what is above would only tie the server up."""

import zlib
from collections.abc import Mapping

from graphql.language import ast

from belvedere.core.errors import BelvedereError, UsageError

DEPTH_MAX = 32
FIELDS_MAX = 2_000  # with fragments opened; the longest text of a real client has about 200
ROOT_FIELDS_MAX = 20
BODY_BYTES_MAX = 64 << 20  # the client cuts its posts at about 10 MiB
INFLATED_BYTES_MAX = 64 << 20
LINES_MAX = 400_000  # of one post; 10 MiB of the shortest lines that a client writes


class TooLarge(BelvedereError):
    """A body that is larger than anything a client sends."""


def inflated(body: bytes) -> bytes:
    """A gzip body unpacked; TooLarge as soon as it grows beyond the limit, UsageError when it is no gzip."""
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(body, INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise UsageError(f"the body is no gzip ({error}); send it as its Content-Encoding says") from None
    if len(found) > INFLATED_BYTES_MAX:
        raise TooLarge(f"a body of more than {INFLATED_BYTES_MAX} bytes unpacked; send it in smaller pieces")
    if not unpacker.eof:
        raise UsageError("the gzip body is cut short; send it again")
    return found


def checked_cost(
    operation: ast.OperationDefinitionNode, fragments: Mapping[str, ast.FragmentDefinitionNode]
) -> None:  # fmt: skip
    """UsageError for a query that goes too deep, asks for too much, or whose fragments name each other in a circle."""
    if len(operation.selection_set.selections) > ROOT_FIELDS_MAX:
        raise UsageError(f"more than {ROOT_FIELDS_MAX} fields at the top of a query; ask in several steps")
    fields, depth = _Weights(fragments).of(operation.selection_set)
    if fields > FIELDS_MAX:
        raise UsageError(f"the query asks for more than {FIELDS_MAX} fields; ask in several steps")
    if depth > DEPTH_MAX:
        raise UsageError(f"the query is nested {depth} levels deep, {DEPTH_MAX} are allowed; ask in several steps")


class _Weights:
    """Number of fields and depth of selections; each fragment is weighed once, whoever spreads it."""

    def __init__(self, fragments: Mapping[str, ast.FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int]] = {}
        self._open = set[str]()

    def of(self, selection: ast.SelectionSetNode) -> tuple[int, int]:
        fields, depth = 0, 0
        for node in selection.selections:
            more, deeper = self._of_node(node)
            fields, depth = fields + more, max(depth, deeper)
        return fields, depth

    def _of_node(self, node: ast.SelectionNode) -> tuple[int, int]:
        if isinstance(node, ast.FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        if isinstance(node, ast.InlineFragmentNode):
            return self.of(node.selection_set)
        assert isinstance(node, ast.FieldNode)
        fields, depth = self.of(node.selection_set) if node.selection_set else (0, 0)
        return fields + 1, depth + 1

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            if name not in self._fragments:
                raise UsageError(f"fragment {name[:80]!r} is not in the query; send it along")
            if name in self._open:
                raise UsageError(f"fragment {name[:80]!r} names itself; fragments cannot be circles")
            self._open.add(name)
            self._known[name] = self.of(self._fragments[name].selection_set)
            self._open.discard(name)
        return self._known[name]
