"""The filter language: `config.lr > 1e-4 and summary.val/loss < 2 and tags has "sft" and state == "finished"`.

    condition   comparison | not condition | condition and condition | condition or condition | ( condition )
    comparison  field == value, and != < <= > >= | field has value | field ~ "regular expression"
                | field contains "text" | field in [value, …]
    field       config.a.b, summary.key, tags, state, name, id, project, group, job_type, created, updated, steps;
                a part with odd characters in quotes: summary."my loss"
    value       number, "text", true, false

A run that lacks the field does not fulfil a comparison (so `!=` holds for it: it is the opposite of `==`).
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from belvedere.core.errors import FilterError
from belvedere.core.expressions import checked_expression
from belvedere.store.records import RunRow

PLAIN_FIELDS = ("tags", "state", "name", "id", "project", "group", "job_type", "created", "updated", "steps")
OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "~")
WORDS = ("has", "contains", "in")
TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w/]))
          |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
          |(?P<operator>==|!=|<=|>=|<|>|~|\(|\)|\[|\]|,)
          |(?P<word>[^\s"'()\[\],=!<>~]+(?:(?<=\.)"(?:[^"\\]|\\.)*"[^\s"'()\[\],=!<>~]*)*))""",
    re.VERBOSE,
)

Value = float | str
Fields = Mapping[str, list[Value]]


@dataclass(frozen=True)
class Comparison:
    """One field against one value; `operator` is one of == < <= > >= ~ contains has."""

    field: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Not:
    inner: "Condition"


@dataclass(frozen=True)
class Both:
    left: "Condition"
    right: "Condition"


@dataclass(frozen=True)
class Either:
    left: "Condition"
    right: "Condition"


Condition = Comparison | Not | Both | Either


def parse(text: str) -> Condition:
    """The condition that a text says; FilterError names the place and what was expected there."""
    return _Parser(text).whole()


def holds(condition: Condition, fields: Fields) -> bool:
    """Whether a run with these fields fulfils a condition; what the catalogue does in the database."""
    if isinstance(condition, Not):
        return not holds(condition.inner, fields)
    if isinstance(condition, Both):
        return holds(condition.left, fields) and holds(condition.right, fields)
    if isinstance(condition, Either):
        return holds(condition.left, fields) or holds(condition.right, fields)
    return any(_compared(value, condition) for value in fields.get(field_path(condition), ()))


def field_path(comparison: Comparison) -> str:
    """Where the catalogue keeps what a comparison looks at: elements of a list under "path[]"."""
    is_element = comparison.operator == "has" or comparison.field == "tags"
    return comparison.field + "[]" if is_element else comparison.field


def _compared(found: Value, condition: Comparison) -> bool:
    value, operator = condition.value, condition.operator
    if operator == "~":
        return re.search(str(value), as_text(found)) is not None
    if operator == "contains":
        return str(value) in as_text(found)
    if isinstance(found, str) and isinstance(value, str):
        return _ordered(operator, (found > value) - (found < value))
    if isinstance(found, str) or isinstance(value, str) or math.isnan(found) or math.isnan(value):
        return False
    return _ordered(operator, (found > value) - (found < value))


def _ordered(operator: str, sign: int) -> bool:
    return {"==": sign == 0, "has": sign == 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[operator]


def as_text(value: Value) -> str:
    """A number as it is matched by ~ and contains."""
    return value if isinstance(value, str) else f"{value:.15g}"


def fields_of(row: RunRow) -> dict[str, list[Value]]:
    """Every field that a filter can name, with its values."""
    found: dict[str, list[Value]] = {
        name: [value]
        for name in PLAIN_FIELDS
        if name != "tags" and isinstance(value := getattr(row, name), str | int | float)
    }
    found["tags[]"] = list(row.tags)
    for path, value in (
        *flat(row.config, "config"),
        *((f"summary.{key}", value) for key, value in row.summary.items()),
    ):
        if isinstance(value, list | tuple):
            found[path + "[]"] = [element for element in value if isinstance(element, str | int | float)]
        elif isinstance(value, str | int | float):
            found[path] = [value]
    return found


def flat(values: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    """Nested mappings as dotted paths."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}.{key}")
        else:
            yield f"{prefix}.{key}", value


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent, one method for each line of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens()
        self.index = 0

    def whole(self) -> Condition:
        condition = self._either()
        if self._next.kind != "end":
            self._fail("'and', 'or' or the end")
        return condition

    def _tokens(self) -> list[_Token]:
        found, position = [], 0
        while self.text[position:].strip():
            match = TOKEN.match(self.text, position)
            if match is None:
                at = position + len(self.text[position:]) - len(self.text[position:].lstrip())
                raise FilterError(f"filter does not parse at character {at + 1}, {self.text[at:][:20]!r}: {self.text}")
            kind = str(match.lastgroup)
            found.append(_Token(kind, match.group(kind), match.start(kind)))
            position = match.end()
        return [*found, _Token("end", "", len(self.text))]

    @property
    def _next(self) -> _Token:
        return self.tokens[self.index]

    def _take(self) -> _Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def _accept(self, text: str) -> bool:
        if self._next.kind in ("word", "operator") and self._next.text == text:
            self.index += 1
            return True
        return False

    def _fail(self, expected: str) -> NoReturn:
        found = repr(self._next.text) if self._next.kind != "end" else "the end"
        raise FilterError(
            f"filter does not parse at character {self._next.position + 1}: "
            f"expected {expected}, found {found}: {self.text}"
        )

    def _either(self) -> Condition:
        left = self._both()
        while self._accept("or"):
            left = Either(left, self._both())
        return left

    def _both(self) -> Condition:
        left = self._negated()
        while self._accept("and"):
            left = Both(left, self._negated())
        return left

    def _negated(self) -> Condition:
        if self._accept("not"):
            return Not(self._negated())
        if self._accept("("):
            inner = self._either()
            if not self._accept(")"):
                self._fail("')'")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        field = self._field()
        operator = self._next.text
        if self._next.kind not in ("operator", "word") or operator not in (*OPERATORS, *WORDS):
            self._fail("one of " + " ".join((*OPERATORS, *WORDS)))
        self.index += 1
        if operator == "in":
            return self._among(field)
        position = self._next
        value = self._value()
        if operator in ("~", "contains") and not isinstance(value, str):
            self.index -= 1
            self._fail("text in quotes")
        if operator == "~":
            self._check_pattern(str(value), position)
        return Not(Comparison(field, "==", value)) if operator == "!=" else Comparison(field, operator, value)

    def _check_pattern(self, pattern: str, token: _Token) -> None:
        try:
            checked_expression(pattern)
        except FilterError as error:
            raise FilterError(
                f"filter does not parse at character {token.position + 1}: {error}: {self.text}"
            ) from error

    def _among(self, field: str) -> Condition:
        if not self._accept("["):
            self._fail("'['")
        condition: Condition = Comparison(field, "==", self._value())
        while self._accept(","):
            condition = Either(condition, Comparison(field, "==", self._value()))
        if not self._accept("]"):
            self._fail("',' or ']'")
        return condition

    def _field(self) -> str:
        token = self._next
        name = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda match: _unquoted(match[0]), token.text)
        is_field = name in PLAIN_FIELDS or name.startswith(("config.", "summary."))
        if token.kind != "word" or not is_field:
            self._fail("a field: config.…, summary.…, " + ", ".join(PLAIN_FIELDS))
        self.index += 1
        return name

    def _value(self) -> Value:
        token = self._next
        if token.kind == "number":
            self.index += 1
            return float(token.text)
        if token.kind == "text":
            self.index += 1
            return _unquoted(token.text)
        if token.text in ("true", "false", "True", "False"):
            self.index += 1
            return 1.0 if token.text.lower() == "true" else 0.0
        self._fail("a number, text in quotes, true or false")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def as_filter(condition: Condition) -> str:
    """The condition as text again, for a server to parse."""
    if isinstance(condition, Not):
        return f"not ({as_filter(condition.inner)})"
    if isinstance(condition, Both):
        return f"({as_filter(condition.left)}) and ({as_filter(condition.right)})"
    if isinstance(condition, Either):
        return f"({as_filter(condition.left)}) or ({as_filter(condition.right)})"
    section, dot, rest = condition.field.partition(".")
    field = f"{section}.{_quoted(rest)}" if dot else section
    value = _quoted(condition.value) if isinstance(condition.value, str) else repr(condition.value)
    return f"{field} {condition.operator} {value}"


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
