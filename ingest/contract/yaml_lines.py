"""A YAML file -> its data, and the line on which each part of it stands.

Holds: strict reading (a key given twice is refused) and mistakes told with file and line. Does not hold what the data
means (model.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


class Slip(ValueError):
    """What is wrong with an entry, for a person. at: keys and list places from the entry to the part that is wrong."""

    def __init__(self, ja: str, en: str, *at: str | int) -> None:
        super().__init__(en)
        self.ja, self.at = ja, at


class Mistake(ValueError):
    """A mistake in a file of ours. where: file and line, e.g. `ingest/sources/tourism/contract.yaml:12`."""

    def __init__(self, path: Path, line: int, ja: str, en: str) -> None:
        self.where = f"ingest/sources/{path.parent.name}/{path.name}:{line}"
        self.line, self.ja, self.en = line, ja, en
        super().__init__(f"{self.where}: {en}")


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe loader that refuses a key given twice."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value != "<<" and str(key.value) in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key given twice: {key.value}", key.start_mark)
        seen.add(str(key.value))
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True) for key, value in node.value
    }


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(path: Path) -> Any:
    """The data of a YAML file. Raises Mistake."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Mistake(path, 1, f"ファイルを読めません({error.strerror})", f"not readable: {error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        ja = "UTF-8 の文字ではありません(UTF-8 で保存し直してください)"
        raise Mistake(path, line, ja, "not UTF-8") from None
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML")
        ja = f"YAML として読めません({said})"
        raise Mistake(path, mark.line + 1 if mark else 1, ja, f"not YAML: {said}") from None
    except ValueError as error:  # a date that never was
        raise Mistake(path, _bad_scalar(text), f"YAML の値が読めません({error})", f"not a value: {error}") from None


def line_of(path: Path, at: Sequence[str | int]) -> int:
    """The line (first = 1) of the part of a readable YAML file that keys and list places lead to; as near as the file
    goes. What an entry takes over (`<<`, `like`) is looked for where it was stated."""
    return _walk(path, at)[0]


def first_of(path: Path, at: Sequence[str | int]) -> int:
    """The line on which the first entry of a list or of a set of values stands, wherever it is stated; 0 where there
    is none."""
    node = _walk(path, at)[1]
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        # entries may be aliases, which stand elsewhere: the first line of the list itself counts
        lines = path.read_text("utf-8-sig").splitlines()
        start = node.start_mark.line
        return next(number + 1 for number in range(start, len(lines)) if lines[number].lstrip().startswith("- "))
    if isinstance(node, yaml.MappingNode) and node.value:
        return int(node.value[-1][0].start_mark.line) + 1
    return 0


@lru_cache(maxsize=8)
def _composed(text: str) -> yaml.Node | None:
    """The nodes of a YAML text, which nobody changes: a table of many unknown columns asks for each of them."""
    node: yaml.Node | None = yaml.compose(text, Loader)
    return node


def _walk(path: Path, at: Sequence[str | int]) -> tuple[int, yaml.Node | None]:
    node = _composed(path.read_text("utf-8-sig"))
    line = 1
    beside: list[yaml.Node] = []
    for step in at:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            beside = node.value[:step]
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = _value(node, str(step)) or _taken_over(node, str(step), beside)
            if found is None:
                return line, None
            line, node = found[0].start_mark.line + 1, found[1]
            if isinstance(node, yaml.CollectionNode) and not node.flow_style:
                continue
        else:
            return line, None
        line = node.start_mark.line + 1
    return line, node


def _value(node: yaml.MappingNode, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    for key, value in node.value:
        if key.value == name:
            return key, value
    for key, value in node.value:
        if key.value == "<<":
            for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if isinstance(other, yaml.MappingNode) and (found := _value(other, name)):
                    return found
    return None


def _taken_over(node: yaml.MappingNode, name: str, beside: list[yaml.Node]) -> tuple[yaml.Node, yaml.Node] | None:
    like = _value(node, "like")
    for number, other in enumerate(beside):
        if like and isinstance(other, yaml.MappingNode):
            called = _value(other, "layout")
            if called and called[1].value == like[1].value:
                return _value(other, name) or _taken_over(other, name, beside[:number])
    return None


def _bad_scalar(text: str) -> int:
    """The line of the first plain value that no constructor can make."""
    for event in yaml.parse(text, Loader):
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            try:
                yaml.load(event.value, Loader)
            except ValueError:
                return int(event.start_mark.line) + 1  # type: ignore[union-attr]
            except yaml.YAMLError:
                continue
    return 1
