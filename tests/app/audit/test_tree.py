"""Root and proofs against the recursive definitions of RFC 9162, written down naively."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import tree
from tests import outsider


def naive_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = outsider.cut(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m, leaves):
    if len(leaves) == 1:
        return []
    k = outsider.cut(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [naive_root(leaves)]
    k = outsider.cut(n)
    if m <= k:
        return [*naive_consistency(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(m - k, leaves[k:], False), naive_root(leaves[:k])]


def some_leaves(size):
    return [tree.leaf_hash(hashlib.sha256(str(n).encode()).hexdigest()) for n in range(size)]


LEAVES = some_leaves(70)
NODES = tree.MemoryNodes(LEAVES)


@pytest.mark.parametrize("size", range(71))
def test_roots(size):
    expected = naive_root(LEAVES[:size])
    assert tree.root(NODES, size=size) == expected


@given(st.data())
@settings(max_examples=300)
def test_inclusion(data):
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    path, root = tree.inclusion_path(NODES, index=index, size=size), naive_root(LEAVES[:size])
    assert path == naive_path(index, LEAVES[:size])
    assert tree.verify_inclusion(leaf=LEAVES[index], index=index, size=size, path=path, root=root)
    assert outsider.included(index, size, LEAVES[index].hex(), tree.hexes(path)) == root.hex()

    other = data.draw(st.integers(0, 69).filter(lambda n: n != index))
    assert not tree.verify_inclusion(leaf=LEAVES[other], index=index, size=size, path=path, root=root)
    assert not tree.verify_inclusion(leaf=LEAVES[index], index=index, size=size, path=[*path, root], root=root)
    assert not tree.verify_inclusion(leaf=LEAVES[index], index=size, size=size, path=path, root=root)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        bent = [*path[:place], bytes([path[place][0] ^ 1]) + path[place][1:], *path[place + 1 :]]
        assert not tree.verify_inclusion(leaf=LEAVES[index], index=index, size=size, path=bent, root=root)
        assert not tree.verify_inclusion(leaf=LEAVES[index], index=index, size=size, path=path[:-1], root=root)


@given(st.data())
@settings(max_examples=300)
def test_consistency(data):
    second = data.draw(st.integers(1, 70))
    first = data.draw(st.integers(1, second))
    path = tree.consistency_path(NODES, first=first, second=second)
    assert path == naive_consistency(first, LEAVES[:second])
    roots = {"first_root": naive_root(LEAVES[:first]), "second_root": naive_root(LEAVES[:second])}
    sizes = {"first": first, "second": second}
    assert tree.verify_consistency(**sizes, **roots, path=path)
    reached = outsider.continued(first, second, roots["first_root"].hex(), tree.hexes(path))
    assert reached == (roots["first_root"].hex(), roots["second_root"].hex())

    for name in roots:
        bent = {**roots, name: bytes([roots[name][0] ^ 1]) + roots[name][1:]}
        assert not tree.verify_consistency(**sizes, **bent, path=path)
    assert not tree.verify_consistency(**sizes, **roots, path=[*path, LEAVES[0]])
    if path:
        assert not tree.verify_consistency(**sizes, **roots, path=path[:-1])
        assert not tree.verify_consistency(**sizes, **roots, path=[])


def test_nothing_is_to_be_proved_from_the_empty_tree():
    root = tree.root(NODES, size=9)
    assert tree.consistency_path(NODES, first=0, second=9) == []
    assert tree.verify_consistency(first=0, second=9, first_root=tree.EMPTY, second_root=root, path=[])
    assert not tree.verify_consistency(first=0, second=9, first_root=root, second_root=root, path=[])
    assert not tree.verify_consistency(first=9, second=3, first_root=root, second_root=root, path=[])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_proofs_outside_the_tree_are_refused(index, size):
    with pytest.raises(IndexError):
        tree.inclusion_path(NODES, index=index, size=size)
    with pytest.raises(IndexError):
        tree.consistency_path(NODES, first=size + 1, second=size)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_batches_of_any_size_make_the_same_tree(batches):
    nodes, size = tree.MemoryNodes(), 0
    for batch in batches:
        new = tree.extend(nodes, size=size, leaves=LEAVES[:batch])
        assert all(level >= 0 and (index + 1) << level <= size + batch for level, index in new)
        nodes.extend(LEAVES[:batch])
        size += batch
    leaves = [leaf for batch in batches for leaf in LEAVES[:batch]]
    assert tree.root(nodes, size=nodes.size) == naive_root(leaves)


class Counting:
    """Counts how often the store is asked."""

    def __init__(self, nodes):
        self.nodes, self.asked = nodes, 0

    def get(self, level, index):
        self.asked += 1
        return self.nodes.get(level, index)


def test_a_proof_reads_few_nodes_however_long_the_log():
    size = 5_000
    counting = Counting(tree.MemoryNodes(some_leaves(size)))
    for read in (
        lambda: tree.root(counting, size=size),
        lambda: tree.inclusion_path(counting, index=1_234, size=size),
        lambda: tree.consistency_path(counting, first=1_235, second=size),
        lambda: tree.extend(counting, size=size, leaves=LEAVES[:1]),
    ):
        counting.asked = 0
        read()
        assert counting.asked <= 2 * size.bit_length()


def test_the_proofs_as_they_are_served():
    proof = tree.inclusion_proof(NODES, index=3, size=5)
    assert (proof["index"], proof["tree_size"], proof["leaf"]) == (3, 5, LEAVES[3].hex())
    assert len(proof["path"]) == 3
    assert tree.consistency_proof(NODES, first=5, second=5) == {"first": 5, "second": 5, "path": []}
