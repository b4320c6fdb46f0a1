"""Expressions of a configuration's fields, in which the rules are written.

They are a part of Python: names, numbers, texts, lists, ``+ - * / // %``, comparisons, ``in`` a
list or an object, ``and``, ``or``, ``not``, a choice (``a if b else c``), an entry of a list
(``a[i]``) or of an object (``a.b``), and a few functions. ``/`` must leave no rest. ``a or b`` is
``b`` where ``a`` is null, and for true and false what Python makes of it. The page's script reads
the same trees.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lifecost.config.messages import (
    LARGEST_NUMBER,
    LONGEST,
    is_not,
    is_one_of,
    not_counted,
    out_of_range,
    show,
)
from lifecost.errors import InputError

Node: TypeAlias = list[Any]  # its kind, its text, and what it is made of
Scope: TypeAlias = Callable[[str], Any]

_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or",
}  # fmt: skip
FUNCTIONS = ("len", "min", "max", "sum", "count", "floor", "ceil", "round", "each", "override")


def parsed(text: str, meant: Mapping[str, str] | None = None) -> Node:
    """Return the tree of an expression: lists, as JSON has them.

    Parameters
    ----------
    text
        The expression.
    meant
        Names that stand for others.

    Raises
    ------
    ValueError
        If it holds what these expressions do not have.

    Examples
    --------
    >>> parsed("4 * n", {"n": "n_embd"})
    ['math', '4 * n_embd', '*', ['value', '4', 4], ['name', 'n_embd', 'n_embd']]
    """
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and meant:
            node.id = meant.get(node.id, node.id)
    return _node(tree)


def _node(node: ast.expr) -> Node:
    said = ast.unparse(node)
    match node:
        case ast.Constant(value=value):
            return ["value", said, value]
        case ast.Name(id=name):
            return ["name", name, name]
        case ast.Attribute(value=base, attr=name):
            return ["entry", said, _node(base), ["value", name, name]]
        case ast.Subscript(value=base, slice=index):
            return ["entry", said, _node(base), _node(index)]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return ["list", said, *map(_node, items)]
        case ast.BinOp(left=left, op=op, right=right):
            return ["math", said, _OPERATORS[type(op)], _node(left), _node(right)]
        case ast.UnaryOp(op=ast.Not(), operand=one):
            return ["not", said, _node(one)]
        case ast.UnaryOp(op=ast.USub(), operand=one):
            return ["math", said, "-", ["value", "0", 0], _node(one)]
        case ast.BoolOp(op=op, values=values):
            first, *rest = values
            found = _node(first)
            for one in rest:
                found = [_OPERATORS[type(op)], said, found, _node(one)]
            return found
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return ["compare", said, _OPERATORS[type(op)], _node(left), _node(right)]
        case ast.IfExp(test=test, body=body, orelse=other):
            return ["if", said, _node(test), _node(body), _node(other)]
        case ast.Call(func=ast.Name(id=name), args=args) if name in FUNCTIONS:
            return ["call", said, name, *map(_node, args)]
    raise ValueError(f"an expression of the rules cannot hold {said}")


def ordered_names(node: Node) -> list[str]:
    """Return the names that an expression speaks of, each once, as they come."""
    if node[0] == "name":
        return [node[2]]
    names = (name for part in node[2:] if isinstance(part, list) for name in ordered_names(part))
    return list(dict.fromkeys(names))


def names_in(node: Node) -> set[str]:
    """Return the names that an expression speaks of."""
    return set(ordered_names(node))


def evaluate(node: Node, scope: Scope) -> Any:
    """Return the value of an expression.

    Parameters
    ----------
    node
        Its tree.
    scope
        The value of each name, as JSON has it.

    Raises
    ------
    InputError
        If a field is not of the type that the expression needs, or a division leaves a rest.
    """
    kind, said, *parts = node
    match kind:
        case "value":
            return parts[0]
        case "name":
            return scope(parts[0])
        case "list":
            return [evaluate(part, scope) for part in parts]
        case "entry":
            return _entry(said, parts[0], parts[1], scope)
        case "not":
            return not truth(parts[0], scope)
        case "and":
            return truth(parts[0], scope) and truth(parts[1], scope)
        case "or":
            first = evaluate(parts[0], scope)
            if first is not None and first is not False:
                return first
            second = evaluate(parts[1], scope)
            if first is False and not isinstance(second, bool):  # false stands for no number
                raise is_not(parts[0][1], first, f"of the kind of {show(second)}")
            return second
        case "if":
            return evaluate(parts[1 if truth(parts[0], scope) else 2], scope)
        case "compare":
            return _compared(parts[0], parts[1], parts[2], scope)
        case "math":
            return _calculated(parts[0], parts[1], parts[2], scope)
    return _called(*parts, scope=scope)


def truth(node: Node, scope: Scope) -> bool:
    """Return the value of a condition; raise `InputError` where it is neither true nor false."""
    value = evaluate(node, scope)
    if not isinstance(value, bool):
        raise is_not(node[1], value, "true or false")
    return value


def _number(node: Node, scope: Scope) -> Any:
    value, (kind, said, *_) = evaluate(node, scope), _first(node)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise is_not(said, value, "a number")
    if abs(value) > LARGEST_NUMBER and kind == "name":
        raise out_of_range(said, value, 0, LARGEST_NUMBER)
    return value


def _first(node: Node) -> Node:
    """Return what a message speaks of: the field, and not what it is where that is null."""
    return _first(node[2]) if node[0] == "or" else node


def _listed(node: Node, scope: Scope) -> Any:
    value = evaluate(node, scope)
    if not isinstance(value, (list, str)):
        raise is_not(node[1], value, "a list")
    return value


def _members(node: Node, scope: Scope) -> Any:
    value = evaluate(node, scope)
    return list(value) if isinstance(value, dict) else _listed(node, scope)


def _entry(said: str, base: Node, index: Node, scope: Scope) -> Any:
    found, key = evaluate(base, scope), evaluate(index, scope)
    if isinstance(key, str):
        if not isinstance(found, dict):
            raise is_not(base[1], found, "an object")
        if key not in found:
            raise InputError(f"the configuration lacks {said}")
        return found[key]
    if not isinstance(found, (list, str)):
        raise is_not(base[1], found, "a list")
    if not 0 <= key < len(found):
        raise InputError(f"{base[1]} has {len(found)} entries, and entry {show(key)} is asked for")
    return found[key]


def _compared(operator: str, left: Node, right: Node, scope: Scope) -> bool:
    if operator in ("in", "not in"):
        inside = is_one_of(evaluate(left, scope), _members(right, scope))
        return inside == (operator == "in")
    if operator in ("==", "!="):
        same = is_one_of(evaluate(left, scope), [evaluate(right, scope)])
        return same == (operator == "==")
    a, b = _number(left, scope), _number(right, scope)
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])


def _calculated(operator: str, left: Node, right: Node, scope: Scope) -> Any:
    a, b = _number(left, scope), _number(right, scope)
    if operator in ("/", "//", "%"):
        if b <= 0:
            raise out_of_range(_first(right)[1], b, 1, LARGEST_NUMBER)
        if operator == "/":
            if a % b:
                given = f"{_first(left)[1]} = {show(a)} is not divisible by"
                raise InputError(f"{given} {_first(right)[1]} = {show(b)}")
            return a // b
        return a // b if operator == "//" else a % b
    found = a + b if operator == "+" else a - b if operator == "-" else a * b
    if abs(found) > LONGEST:
        said = f"{_first(left)[1]} {operator} {_first(right)[1]}"
        raise InputError(f"{said} is over 10^15: no such model is counted")
    return found


def _override(base: Node, at: Node, names: Node, name: Node, usual: Node, scope: Scope) -> Any:
    """Return what an object says of one layer, whose number is a key of it, or else what is usual.

    It may say no more than the names.
    """
    layers, known = evaluate(base, scope), evaluate(names, scope)
    if not isinstance(layers, dict):
        raise is_not(base[1], layers, "an object")
    for key, entry in layers.items():
        if not key.isascii() or not key.isdigit():
            raise is_not(f"a layer of {base[1]}", key, "a number")
        if not isinstance(entry, dict):
            raise is_not(f"{base[1]}.{key}", entry, "an object")
        for one in entry:
            if one not in known:
                raise not_counted(f"{show(one)} in {base[1]}", known)
        if int(key) == evaluate(at, scope) and name[2] in entry:
            return entry[name[2]]
    return evaluate(usual, scope)


def _called(name: str, *args: Node, scope: Scope) -> Any:
    if name == "len":
        return len(_listed(args[0], scope))
    if name == "each":  # a list has an entry for each layer; anything else holds for all of them
        value = evaluate(args[0], scope)
        return _entry(args[0][1], args[0], args[1], scope) if isinstance(value, list) else value
    if name == "override":
        base, at, names, one, usual = args
        return _override(base, at, names, one, usual, scope)
    if name == "count":
        one = evaluate(args[1], scope)
        return sum(is_one_of(entry, [one]) for entry in _listed(args[0], scope))
    if name == "sum":
        entries = _listed(args[0], scope)
        return sum(_number(["value", args[0][1], entry], scope) for entry in entries)
    numbers = [_number(one, scope) for one in args]
    if name in ("min", "max"):
        return min(numbers) if name == "min" else max(numbers)
    (value,) = numbers
    return (
        math.floor(value + 0.5 if name == "round" else value)
        if name != "ceil"
        else math.ceil(value)
    )
