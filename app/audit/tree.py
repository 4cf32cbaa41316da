"""The Merkle tree over the log's entries: RFC 9162 §2.1, SHA-256 (docs/protocol.md §3.4).

Complete subtrees never change, so their hashes are kept: `extend` says which to keep for new leaves, and root and
proofs of any tree size need O(log n) of them. Level 0 are leaves; node (level, index) covers the leaves
[index · 2^level, (index + 1) · 2^level).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

EMPTY = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""


class Nodes(Protocol):
    """Where the hashes of complete subtrees are kept: a table, or `MemoryNodes`."""

    def get(self, level: int, index: int) -> bytes:
        """The 32 bytes of a complete subtree; asked only for subtrees within the tree size in question."""
        ...


class MemoryNodes:
    """Complete subtrees in memory."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._hashes: dict[tuple[int, int], bytes] = {}
        self.extend(leaves)

    def get(self, level: int, index: int) -> bytes:
        return self._hashes[level, index]

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Appends leaf hashes."""
        added = list(leaves)
        self._hashes.update(extend(self, size=self.size, leaves=added))
        self.size += len(added)


def leaf_hash(digest: str) -> bytes:
    """The leaf hash of an entry's digest: SHA-256(00 ‖ `zjcs-log-1` LF digest LF). Source: docs/protocol.md §3.2."""
    return hashlib.sha256(f"\x00zjcs-log-1\n{digest}\n".encode()).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def extend(nodes: Nodes, *, size: int, leaves: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
    """The complete subtrees, (level, index) → hash, that `leaves` appended to a tree of `size` leaves bring about."""
    new: dict[tuple[int, int], bytes] = {}
    for place, leaf in enumerate(leaves, start=size):
        level, index, value = 0, place, leaf
        new[level, index] = value
        while index & 1:
            left = new.get((level, index - 1)) or nodes.get(level, index - 1)
            level, index, value = level + 1, index >> 1, parent(left, value)
            new[level, index] = value
    return new


def edge(size: int) -> list[tuple[int, int]]:
    """The complete subtrees, (level, index), that the first `size` leaves fall into, the widest first: one per bit."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def root(nodes: Nodes, *, size: int) -> bytes:
    """The root of the first `size` leaves. Source: RFC 9162 §2.1.1."""
    return _span(nodes, 0, size) if size else EMPTY


class Tower:
    """The complete subtrees along the right edge of a growing tree: enough for its root, and no more."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Appends one leaf hash."""
        place, value = self.size, leaf
        while place & 1:
            place, value = place >> 1, parent(self._edge.pop(), value)
        self._edge.append(value)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._edge:
            return EMPTY
        value = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            value = parent(left, value)
        return value


def inclusion_path(nodes: Nodes, *, index: int, size: int) -> list[bytes]:
    """The path from leaf `index` to the root of `size` leaves, leaf side first. Raises IndexError. Source: §2.1.3."""
    if not 0 <= index < size:
        raise IndexError(index)
    path, start, end = [], 0, size
    while end - start > 1:
        cut = start + _left(end - start)
        if index < cut:
            path.append(_span(nodes, cut, end))
            end = cut
        else:
            path.append(_span(nodes, start, cut))
            start = cut
    return path[::-1]


def inclusion_nodes(*, index: int, size: int) -> list[tuple[int, int]]:
    """The complete subtrees, (level, index), that `inclusion_path` will ask for."""
    asked: list[tuple[int, int]] = []

    class Asked:
        def get(self, level: int, index: int) -> bytes:
            asked.append((level, index))
            return EMPTY

    inclusion_path(Asked(), index=index, size=size)
    return asked


def consistency_path(nodes: Nodes, *, first: int, second: int) -> list[bytes]:
    """That the tree of `second` leaves begins with that of `first`; empty for 0 and for equal sizes.

    Raises IndexError unless 0 ≤ first ≤ second. Source: RFC 9162 §2.1.4.
    """
    if not 0 <= first <= second:
        raise IndexError(first)
    if first in (0, second):
        return []
    path, start, end, whole = [], 0, second, True
    while end != first:
        cut = start + _left(end - start)
        if first <= cut:
            path.append(_span(nodes, cut, end))
            end = cut
        else:
            path.append(_span(nodes, start, cut))
            start, whole = cut, False
    if not whole:
        path.append(_span(nodes, start, end))
    return path[::-1]


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` stands at `index` in the tree of `size` leaves with this root. Source: RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = parent(step, value)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            value = parent(value, step)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the tree of `second` leaves is an extension of that of `first`. Source: RFC 9162 §2.1.4.2.

    Nothing is to be proved from the empty tree or between equal sizes: then the path is empty.
    """
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not path and first_root == (EMPTY if first == 0 else second_root)
    steps = list(path)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = parent(step, old), parent(step, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = parent(new, step)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _left(width: int) -> int:
    """The largest power of two below `width` ≥ 2: where RFC 9162 cuts a tree."""
    return 1 << ((width - 1).bit_length() - 1)


def _span(nodes: Nodes, start: int, end: int) -> bytes:
    """The hash over the leaves [start, end), a span that the cuts of RFC 9162 bring about: `start` fits its width."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return nodes.get(level, start >> level)
    cut = start + _left(width)
    return parent(_span(nodes, start, cut), _span(nodes, cut, end))


def hexes(path: Iterable[bytes]) -> list[str]:
    """Hashes as they stand in JSON."""
    return [step.hex() for step in path]


def inclusion_proof(nodes: Nodes, *, index: int, size: int) -> Mapping[str, object]:
    """The answer of `/log/proof/inclusion` (docs/protocol.md §3.6). Raises IndexError."""
    path = hexes(inclusion_path(nodes, index=index, size=size))
    return {"index": index, "tree_size": size, "leaf": nodes.get(0, index).hex(), "path": path}


def consistency_proof(nodes: Nodes, *, first: int, second: int) -> Mapping[str, object]:
    """The answer of `/log/proof/consistency` (docs/protocol.md §3.6). Raises IndexError."""
    return {"first": first, "second": second, "path": hexes(consistency_path(nodes, first=first, second=second))}
