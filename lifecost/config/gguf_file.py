"""What stands in a GGUF file before the data of its tensors: metadata, and a list of tensors.

The package `gguf` knows the types of tensors. Its reader makes an object of each token, which takes
many seconds for a tokenizer of today; here lists of texts are passed over.
"""

from __future__ import annotations

import math
import mmap
import struct
from typing import Any, NamedTuple

from lifecost.errors import InputError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
CODES = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
TEXT, LIST = 8, 9
LENGTH = struct.Struct("<Q")
MOST_AXES, ALIGNMENT = 4, 32


class Tensor(NamedTuple):
    """A tensor: its axes, the innermost first, its elements, and their bytes."""

    shape: list[int]
    elements: int
    bytes: int


def read(path: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the metadata of a file, lists of texts as empty ones, and its tensors.

    Raises
    ------
    InputError
        If the package is not installed.
    ValueError
        If the file is not whole.
    OSError
        If it cannot be read.
    """
    library = _library()
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Header(data).content(library)
        except struct.error:
            raise ValueError("it ends too early") from None


def _library() -> Any:
    try:
        import gguf
    except ImportError:
        raise InputError(
            "a GGUF file is read with the package gguf: pip install 'lifecost[gguf]'; or give the "
            "config.json of the model"
        ) from None
    return gguf


def format_of(file_type: Any) -> str:
    """Return what a number of ``general.file_type`` is called."""
    try:
        name = str(_library().LlamaFileType(file_type).name)
    except ValueError:
        return "GGUF"
    return name.removeprefix("ALL_").removeprefix("MOSTLY_")


class _Header:
    """The numbers and texts of a file, one after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at = data, 0

    def content(self, library: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
        self.at = len(MAGIC)
        if (version := self.take("I")) not in VERSIONS:
            raise ValueError(f"version {version} is not read")
        n_tensor, n_key = self.take("Q"), self.take("Q")
        keys = {}
        for _ in range(n_key):
            name = self.text()
            keys[name] = self.value(self.take("I"))
        tensors, end = {}, 0
        for _ in range(n_tensor):
            name = self.text()
            shape = [self.take("Q") for _ in range(self.axes())]
            tensors[name], start = self.tensor(library, shape, self.take("I")), self.take("Q")
            end = max(end, start + tensors[name].bytes)
        alignment = keys.get("general.alignment", ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError("its alignment is none")
        if -(-self.at // alignment) * alignment + end > len(self.data):
            raise ValueError("it ends too early")
        return keys, tensors

    def take(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{code}")
        return value

    def text(self) -> str:
        start = self.at + 8
        self.at = start + self.take("Q")
        if self.at > len(self.data):
            raise ValueError("it ends too early")
        return self.data[start : self.at].decode("utf-8")

    def value(self, kind: int) -> Any:
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            return self.take(self.code(kind))
        of, length = self.take("I"), self.take("Q")
        if of == TEXT:
            at = self.at
            for _ in range(length):  # of hundreds of thousands
                at += 8 + LENGTH.unpack_from(self.data, at)[0]
            self.at = at
            return []
        code, start = self.code(of), self.at
        self.at += struct.calcsize(f"<{code}") * length
        if self.at > len(self.data):
            raise ValueError("it ends too early")
        return list(struct.unpack_from(f"<{length}{code}", self.data, start))

    @staticmethod
    def code(kind: int) -> str:
        if kind not in CODES:
            raise ValueError(f"type {kind} of a value is not read")
        return CODES[kind]

    def axes(self) -> int:
        if (count := self.take("I")) > MOST_AXES:
            raise ValueError(f"a tensor of {count} axes")
        return int(count)

    @staticmethod
    def tensor(library: Any, shape: list[int], kind: int) -> Tensor:
        if kind not in library.GGML_QUANT_SIZES:
            raise ValueError(
                f"the package gguf, as it is installed, knows no tensors of type {kind}"
            )
        block, size = library.GGML_QUANT_SIZES[kind]
        elements = math.prod(shape)
        if elements % block:
            raise ValueError("a tensor is not made of whole blocks")
        return Tensor(shape, elements, elements // block * size)
