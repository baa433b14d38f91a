"""Which fields of a value are asked for: fragments opened, `@include` and `@skip` honoured, arguments filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql.language import ast

from belvedere.wandb_protocol.query import Query, named_values

INTERFACES: Mapping[str, frozenset[str]] = {
    "ArtifactCollection": frozenset({"ArtifactSequence", "ArtifactPortfolio"}),
}  # a fragment on the first applies to the others


@dataclass(frozen=True)
class Slot:
    """One field of an answer. `below` are the selections of what it holds, none for plain values; `fragment_type` is
    the type of the fragment that names it, "" outside of one."""

    name: str
    arguments: Mapping[str, object]
    fragment_type: str
    below: tuple[ast.SelectionSetNode, ...]


Slots = Mapping[str, Slot]  # by the key under which they are answered


class Selector:
    """The slots of one operation with its variables. What is asked of each item of a list is found out once."""

    def __init__(self, query: Query, variables: Mapping[str, object]) -> None:
        self._query, self._variables = query, variables
        self._known: dict[tuple[str, tuple[int, ...]], Slots] = {}

    def slots(self, selections: Sequence[ast.SelectionSetNode], type_name: str) -> Slots:
        """What is asked of a value of that type ("" when it is not known)."""
        place = type_name, tuple(map(id, selections))
        if place not in self._known:
            self._known[place] = self._found(selections, type_name)
        return self._known[place]

    def _found(self, selections: Sequence[ast.SelectionSetNode], type_name: str) -> Slots:
        """A field that is named twice is asked with both selections."""
        found: dict[str, Slot] = {}
        seen = set[str]()
        for selection in selections:
            for field, fragment_type in self._fields(selection, type_name, "", seen):
                key = field.alias.value if field.alias else field.name.value
                below = (field.selection_set,) if field.selection_set is not None else ()
                earlier = found.get(key)
                if earlier is None:
                    arguments = named_values(field.arguments, self._variables)
                    found[key] = Slot(field.name.value, arguments, fragment_type, below)
                else:
                    found[key] = replace(earlier, below=earlier.below + below)
        return found

    def _fields(
        self, selection: ast.SelectionSetNode, type_name: str, fragment_type: str, seen: set[str]
    ) -> Iterator[tuple[ast.FieldNode, str]]:
        """The fields of a selection, each fragment opened once."""
        for node in selection.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, ast.FieldNode):
                yield node, fragment_type
                continue
            if isinstance(node, ast.FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
                fragment: ast.FragmentDefinitionNode | ast.InlineFragmentNode = self._query.fragments[node.name.value]
            else:
                assert isinstance(node, ast.InlineFragmentNode)
                fragment = node
            condition = fragment.type_condition.name.value if fragment.type_condition else ""
            if not condition or not type_name or applies(condition, type_name):
                yield from self._fields(fragment.selection_set, type_name, condition or fragment_type, seen)

    def _is_included(self, node: ast.SelectionNode) -> bool:
        for directive in node.directives or ():
            condition = bool(named_values(directive.arguments, self._variables).get("if"))
            if (directive.name.value, condition) in (("include", False), ("skip", True)):
                return False
        return True


def applies(condition: str, type_name: str) -> bool:
    """Whether a fragment on one type speaks of values of another."""
    return condition == type_name or type_name in INTERFACES.get(condition, frozenset())
