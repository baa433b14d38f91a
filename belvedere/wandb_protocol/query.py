"""A GraphQL text, read and weighed: its operation, its fragments, and the values of its arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql.error import GraphQLError
from graphql.language import ast, parse

from belvedere.core.errors import UsageError
from belvedere.wandb_protocol.limits import checked_cost

TEXT_CHARACTERS_MAX = 256 << 10
TOKENS_MAX = 20_000
NAME_CHARACTERS_MAX = 80
DIGITS_MAX = 40  # of a number in the text
_ABSENT = object()


@dataclass(frozen=True)
class Query:
    """One operation and the fragments beside it. `name` is what the client calls it, "" when it has no name."""

    name: str
    operation: ast.OperationDefinitionNode
    fragments: Mapping[str, ast.FragmentDefinitionNode]

    def variables(self, given: Mapping[str, object]) -> dict[str, object]:
        """What was sent, and the defaults of what was not."""
        found = dict(given)
        for definition in self.operation.variable_definitions or ():
            name = definition.variable.name.value
            if name not in found and definition.default_value is not None:
                found[name] = _literal(definition.default_value, {})
        return found


@lru_cache(maxsize=128)
def parsed(text: str, name: str | None = None) -> Query:
    """The operation called `name`, or the only one; UsageError when there is none, or when it asks for too much.

    The same texts come again and again, so each is read once."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise UsageError(f"a query of {len(text)} characters refused; {TEXT_CHARACTERS_MAX} are allowed")
    try:
        document = parse(text, no_location=True, max_tokens=TOKENS_MAX)
    except GraphQLError as error:
        raise UsageError(f"the query is no GraphQL ({error.message}); send a query or a mutation") from None
    operations = [one for one in document.definitions if isinstance(one, ast.OperationDefinitionNode)]
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, ast.FragmentDefinitionNode)}
    operation = _chosen(operations, name)
    checked_cost(operation, fragments)
    called = operation.name.value if operation.name else name or ""
    return Query(called[:NAME_CHARACTERS_MAX], operation, fragments)


def named_values(
    nodes: Iterable[ast.ArgumentNode | ast.ObjectFieldNode] | None, variables: Mapping[str, object]
) -> dict[str, object]:  # fmt: skip
    """Arguments by name; one whose variable was not sent is left out."""
    found = ((node.name.value, _literal(node.value, variables)) for node in nodes or ())
    return {name: value for name, value in found if value is not _ABSENT}


def _chosen(operations: list[ast.OperationDefinitionNode], name: str | None) -> ast.OperationDefinitionNode:
    fitting = [one for one in operations if one.name and one.name.value == name]
    if not fitting and len(operations) == 1:
        return operations[0]
    if len(fitting) != 1:
        raise UsageError(f"operation {name!r} is not in the query; it has {len(operations)} operations")
    return fitting[0]


def _literal(node: ast.ValueNode, variables: Mapping[str, object]) -> object:
    """The Python value of a literal; _ABSENT for a variable that was not sent."""
    match node:
        case ast.VariableNode():
            return variables.get(node.name.value, _ABSENT)
        case ast.IntValueNode():
            return _number(node.value)
        case ast.FloatValueNode():
            return float(node.value)
        case ast.StringValueNode() | ast.BooleanValueNode() | ast.EnumValueNode():
            return node.value
        case ast.ListValueNode():
            items = (_literal(item, variables) for item in node.values)
            return [None if item is _ABSENT else item for item in items]
        case ast.ObjectValueNode():
            return named_values(node.fields, variables)
    return None


def _number(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise UsageError(f"a number of {len(digits)} digits refused; use at most {DIGITS_MAX}")
    return int(digits)
