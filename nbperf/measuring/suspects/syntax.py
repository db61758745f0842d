"""What stands in a file that a suspicion starts from: which statements add to a container, call backward, and the like."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from nbperf.measuring.holders import attributes, is_module

ADDERS = {"append": 0, "appendleft": 0, "add": 0, "extend": 0, "insert": 1, "setdefault": 1}
"""Methods that add to a container, and which of their arguments is added."""
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
COMMUTE = {"+", "*", "&", "|", "^"}
AS_NUMBERS = {"item", "tolist", "numpy", "detach"}
"""Methods of a tensor whose result carries no graph."""

ADDED = "__added__"
"""Stands for what a statement adds, in its template."""

MISSING: Any = object()
_PLACE = ast.Name(id=ADDED, ctx=ast.Load())


@dataclass(frozen=True, slots=True)
class Adding:
    """``losses.append(loss)``, ``losses[k] = loss``, ``outs = [model(x) for x in data]``: a container gets what may carry a graph.

    Attributes
    ----------
    container : ast.expr
    value : ast.expr
        What is added.
    template : str
        The statement with `ADDED` in its place.
    made : bool
        Whether the statement makes the container itself.
    """

    line: int
    container: ast.expr
    value: ast.expr
    template: str
    made: bool = False

    def adding(self, method: str, plain: Collection[str] = ()) -> str:
        """The statement with a method called on what it adds, see `calling`."""
        return self.template.replace(ADDED, calling(self.value, method, plain))


@dataclass(frozen=True, slots=True)
class Summing:
    """``total += loss`` and ``total = total + loss``."""

    line: int
    target: ast.expr
    value: ast.expr


@dataclass(frozen=True, slots=True)
class Updating:
    """``x = x + y``: a new object of the size of the old one, which is dropped when the new one is there.

    Attributes
    ----------
    target : ast.expr
    in_place : str
        The same written in place: ``x += y``.
    """

    line: int
    target: ast.expr
    in_place: str


@dataclass(frozen=True, slots=True)
class Zeroing:
    """``optimizer.zero_grad(set_to_none=False)``."""

    line: int
    owner: ast.expr


@dataclass(frozen=True, slots=True)
class Backward:
    """``loss.backward()``, ``scaler.scale(loss).backward()``, ``accelerator.backward(loss)``.

    Attributes
    ----------
    roots : tuple of ast.expr
        What in it may be the tensor.
    """

    line: int
    roots: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """``model.train()``: the model leaves eval mode, and what it did in it has to be looked at before."""

    line: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """A name that is given a value, and the names the value is made of."""

    line: int
    name: str
    operands: tuple[str, ...]


Item = Adding | Summing | Updating | Zeroing | Backward | Training | Assigned


@dataclass(slots=True)
class Syntax:
    """What was found in a file, by line.

    Attributes
    ----------
    source : sequence of str
    items : dict of int to list of Item
    returned : dict of int to set of str
        For the line of a ``return`` the names whose objects it hands out, so far as they may carry a graph.
    """

    source: Sequence[str]
    items: dict[int, list[Item]] = field(default_factory=dict)
    returned: dict[int, frozenset[str]] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Keep an item under its line."""
        self.items.setdefault(item.line, []).append(item)

    def of(self, code: CodeType) -> list[Item]:
        """What stands on the lines of a code object."""
        return [item for line in sorted(lines_of(code)) for item in self.items.get(line, ())]

    def text(self, line: int) -> str:
        """A line as it is written, without its indentation."""
        return self.source[line - 1].strip() if 0 < line <= len(self.source) else ""


def lines_of(code: CodeType) -> set[int]:
    """The numbers of the lines that a code object runs."""
    return {line for _, _, line in code.co_lines() if line}


def read(source: Sequence[str]) -> Syntax:
    """Look through a file, given by its lines; one that cannot be parsed holds nothing."""
    found = Syntax(source)
    try:
        tree = ast.parse("\n".join(line.rstrip("\n") for line in source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            for item in _items(node):
                found.add(item)
            if isinstance(node, ast.Return) and node.value is not None:
                found.returned[node.lineno] = frozenset(_handed_out(node.value))
    return found


def _items(node: ast.stmt) -> Iterator[Item]:
    match node:
        case ast.Assign(targets=[target], value=value):
            yield from _assigned(node.lineno, target, value)
            name = ast.unparse(target)
            if isinstance(target, ast.Subscript):
                yield Adding(node.lineno, target.value, value, f"{name} = {ADDED}")
            elif isinstance(value, ast.ListComp | ast.SetComp):
                parts = type(value)(elt=_PLACE, generators=value.generators)
                yield Adding(node.lineno, target, value.elt, f"{name} = {ast.unparse(parts)}", made=True)
            elif isinstance(value, ast.DictComp):
                pairs = ast.DictComp(key=value.key, value=_PLACE, generators=value.generators)
                yield Adding(node.lineno, target, value.value, f"{name} = {ast.unparse(pairs)}", made=True)
            if (update := _update(node.lineno, target, value)) is not None:
                yield update
                if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
                    for one, other in ((value.left, value.right), (value.right, value.left)):
                        if _same(one, target):
                            yield Summing(node.lineno, target, other)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(node.lineno, target, value)
        case ast.AugAssign(target=target, op=op, value=value):
            yield from _assigned(node.lineno, target, value)
            if isinstance(op, ast.Add):
                if isinstance(value, ast.List | ast.Tuple) and len(value.elts) == 1:
                    yield Adding(node.lineno, target, value.elts[0], f"{ast.unparse(target)} += [{ADDED}]")
                else:
                    yield Summing(node.lineno, target, value)
        case ast.For(target=target, iter=iterated) | ast.AsyncFor(target=target, iter=iterated):
            yield from _assigned(node.lineno, target, iterated)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for entered in items:
                if entered.optional_vars is not None:
                    yield from _assigned(node.lineno, entered.optional_vars, entered.context_expr)
    for call in _calls(node):
        yield from _called(node, call)


def _called(node: ast.stmt, call: ast.Call) -> Iterator[Item]:
    if not isinstance(call.func, ast.Attribute):
        return
    name, owner = call.func.attr, call.func.value
    place = ADDERS.get(name)
    if place is not None and len(call.args) > place and isinstance(node, ast.Expr) and node.value is call:
        args = ", ".join(ADDED if number == place else ast.unparse(each) for number, each in enumerate(call.args))
        yield Adding(node.lineno, owner, call.args[place], f"{ast.unparse(owner)}.{name}({args})")
    elif name == "zero_grad":
        asked = [word.value for word in call.keywords if word.arg == "set_to_none"] or call.args[:1]
        if asked and isinstance(asked[0], ast.Constant) and asked[0].value is False:
            yield Zeroing(node.lineno, owner)
    elif name == "backward":
        yield Backward(node.lineno, tuple(_roots(call)))
    elif name == "train":
        yield Training(node.lineno)


def calling(value: ast.expr, method: str, plain: Collection[str] = ()) -> str:
    """An expression with a method called on it; on the names in a tuple, a list or a dict, but for those in `plain`."""

    def part(each: ast.expr) -> str:
        return calling(each, method) if isinstance(each, ast.Name) and each.id not in plain else ast.unparse(each)

    if isinstance(value, ast.Tuple | ast.List):
        parts = ", ".join(part(each) for each in value.elts)
        return f"[{parts}]" if isinstance(value, ast.List) else f"({parts})"
    if isinstance(value, ast.Dict) and all(value.keys):
        pairs = (f"{ast.unparse(key)}: {part(each)}" for key, each in zip(value.keys, value.values, strict=True) if key)
        return ", ".join(pairs).join("{}")
    code = ast.unparse(value)
    return f"{code}.{method}()" if isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({code}).{method}()"


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement itself: those of the statements in its body are theirs."""
    waiting: list[ast.AST] = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.excepthandler)]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, ast.Call):
            yield inner
        waiting += [child for child in ast.iter_child_nodes(inner) if not isinstance(child, ast.stmt)]


def _roots(call: ast.Call) -> Iterator[ast.expr]:
    """The names in a call of backward, those in front of it first."""
    for part in (call.func, *call.args):
        yield from (
            inner for inner in ast.walk(part) if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and inner is not call.func
        )


def _assigned(line: int, target: ast.expr, value: ast.expr) -> Iterator[Assigned]:
    operands = tuple(dict.fromkeys(inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)))
    for inner in ast.walk(target):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield Assigned(line, inner.id, operands)


def _same(first: ast.expr, second: ast.expr) -> bool:
    return ast.unparse(first) == ast.unparse(second)


def _update(line: int, target: ast.expr, value: ast.expr) -> Updating | None:
    """``x = x + y + z`` as ``x += y; x += z``; None where it is no such statement."""
    if not isinstance(target, ast.Name | ast.Attribute | ast.Subscript) or not isinstance(value, ast.BinOp):
        return None
    name = ast.unparse(target)
    steps: list[str] = []
    left: ast.expr = value
    while isinstance(left, ast.BinOp):
        sign = OPERATORS[type(left.op)]
        if not _same(left.left, target) and _same(left.right, target) and sign in COMMUTE and left is value:
            return Updating(line, target, f"{name} {sign}= {ast.unparse(left.left)}")
        steps.append(f"{name} {sign}= {ast.unparse(left.right)}")
        left = left.left
    # What is added to in a later step must not stand for the old value.
    used = any(name == ast.unparse(inner) for step in _operands(value) for inner in ast.walk(step) if isinstance(inner, ast.expr))
    if not _same(left, target) or (used and len(steps) > 1):
        return None
    return Updating(line, target, "; ".join(reversed(steps)))


def _operands(value: ast.expr) -> Iterator[ast.expr]:
    while isinstance(value, ast.BinOp):
        yield value.right
        value = value.left


def _handed_out(value: ast.expr) -> Iterator[str]:
    """The names in a returned expression that are not turned into numbers there."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in AS_NUMBERS:
        return
    if isinstance(value, ast.Name):
        yield value.id
    for inner in ast.iter_child_nodes(value):
        if isinstance(inner, ast.expr):
            yield from _handed_out(inner)


def resolve(expression: ast.expr, local: Mapping[str, Any], outer: Mapping[str, Any]) -> Any:
    """The object that an expression names, found without running anything of the user's.

    Returns
    -------
    object
        `MISSING` where it is not made of names, stored attributes, and items of plain containers.
    """
    match expression:
        case ast.Name(id=name):
            return local[name] if name in local else outer.get(name, MISSING)
        case ast.Attribute(value=owner, attr=name):
            return stored(resolve(owner, local, outer), name)
        case ast.Subscript(value=owner, slice=place):
            container = resolve(owner, local, outer)
            key = _literal(place)
            if key is MISSING:
                key = resolve(place, local, outer)
            if issubclass(type(container), dict) and type(key) in (str, int):
                return dict.get(container, key, MISSING)
            if type(container) in (list, tuple) and type(key) is int and -len(container) <= key < len(container):
                return container[key]
    return MISSING


def _literal(expression: ast.expr) -> Any:
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError):
        return MISSING


def stored(owner: Any, name: str) -> Any:
    """An attribute from where it is stored: on the instance, or in the tables of a module of PyTorch."""
    if owner is MISSING:
        return MISSING
    inside = attributes(owner)
    if name in inside:
        return inside[name]
    if is_module(owner):
        for table in ("_modules", "_parameters", "_buffers"):
            found = inside.get(table)
            if found and name in found:
                return found[name]
    return MISSING
