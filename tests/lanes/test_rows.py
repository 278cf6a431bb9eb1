import torch

from rlzoo.lanes.rows import VECTOR, WIDE, pack, views

LEAVES = {
    "scalar": torch.randn(3),
    "bias": torch.randn(3, 70),
    "wide": torch.randn(3, WIDE, 5),
    "narrow": torch.randn(3, WIDE - 1, 5),
    "filters": torch.randn(3, 20, 4, 3, 3),
}


def test_views_undo_packing() -> None:
    row = pack(LEAVES)
    unpacked = views(row, LEAVES)
    assert list(unpacked) == list(LEAVES)
    assert all(torch.equal(unpacked[name], leaf) for name, leaf in LEAVES.items())
    assert row.shape[1] % VECTOR == 0


def test_views_share_the_memory_of_the_row() -> None:
    row = pack(LEAVES)
    for leaf in views(row, LEAVES).values():
        leaf.zero_()
    assert not row.any()


def test_only_wide_matrices_lie_in_memory_with_their_outputs_side_by_side() -> None:
    unpacked = views(pack(LEAVES), LEAVES)
    assert {name for name, leaf in unpacked.items() if leaf.dim() > 1 and leaf.stride(-1) > 1} == {"wide"}
