"""Several style sheets as one, without the rules that no page uses."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tinycss2
from tinycss2 import ast

# The theme draws its icons with a font that is not loaded.
_ICON_FONT = re.compile(r"Font Awesome|--fa-")


def without_pictures(css: str) -> str:
    """Drop declarations that load a file; pictures written into the style sheet stay."""
    return re.sub(r"[\w-]+:[^;{}]*url\((?![\"']?data:)[^)]*\)[^;{}]*(?:;|(?=\}))", "", css)


def used_names(texts: Iterable[str]) -> set[str]:
    """Return every word of the pages and scripts that may be an element, a class or an id."""
    return {word for text in texts for word in re.findall(r"[A-Za-z_][\w-]*", text)}


def purged(css: str, used: set[str]) -> str:
    """Return the rules that may apply to elements, classes and ids among ``used``."""
    return _rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), used)


def without_unused_variables(css: str, *users: str) -> str:
    """Drop custom properties that neither the style sheet nor ``users`` read."""
    while True:
        read = set(re.findall(r"var\(\s*(--[\w-]+)", css + "".join(users)))
        shorter = re.sub(
            r"(--[\w-]+):[^;{}]*(?:;|(?=\}))",
            lambda match: match[0] if match[1] in read else "",  # noqa: B023
            css,
        )
        shorter = re.sub(r"[^{};]*\{\}", "", shorter)
        if shorter == css:
            return css
        css = shorter


def minified(css: str) -> str:
    """Return the style sheet without comments and spare white space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*|\s+", lambda match: match[1] or " ", css).replace(";}", "}")


def _rules(rules: list[ast.Node], used: set[str]) -> str:
    out = []
    for rule in rules:
        if isinstance(rule, ast.QualifiedRule):
            body = tinycss2.serialize(rule.content)
            selectors = [text for text, names in _selectors(rule.prelude) if names <= used]
            if selectors and body.strip() and not _ICON_FONT.search(body):
                out.append(f"{','.join(selectors)}{{{body}}}")
        elif isinstance(rule, ast.AtRule) and rule.lower_at_keyword in ("media", "supports"):
            inner = _rules(tinycss2.parse_rule_list(rule.content, True, True), used)
            if inner:
                out.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
    return minified("".join(out))


def _selectors(prelude: list[ast.Node]) -> Iterable[tuple[str, set[str]]]:
    """Return each selector of a list with the names that must exist for it to match."""
    part: list[ast.Node] = []
    for token in [*prelude, ast.LiteralToken(0, 0, ",")]:
        if token.type == "literal" and token.value == ",":
            yield tinycss2.serialize(part).strip(), _names(part)
            part = []
        else:
            part.append(token)


def _names(selector: list[ast.Node]) -> set[str]:
    # What stands in brackets and in functions such as :not() may match anything.
    names = set()
    before = ""
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and before != ":"):
            names.add(token.value)
        before = token.value if token.type == "literal" else ""
    return names
