"""What a drawing shows: no node of the network is lost, and blocks, tables and branches are told apart."""

from __future__ import annotations

import pytest
from selection import placed

from diptych.common.ops.conv import conv
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.relu import relu
from diptych.common.ops.tanh import tanh
from diptych.common.registry import networks, spec
from diptych.common.trace import Value, sequence, shared, trace
from diptych.drawing.boxes import Diagram
from diptych.drawing.captions import overview_diagram, segments
from diptych.drawing.inside import details
from diptych.drawing.units import overview

TIMES, DASH = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"


def words(diagram: Diagram) -> list[str]:
    return [text.words for box in diagram.boxes for text in box.texts]


@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_every_node_is_in_exactly_one_unit(name: str) -> None:
    net = spec(name)
    units = overview(net).units
    found = sorted(node for unit in units for node in unit.nodes)
    assert found == list(range(len(net.nodes)))
    assert sum(unit.params for unit in units) == net.params
    assert 3 <= len(units) <= (19 if _widened(name) else 14)


def _widened(name: str) -> bool:
    """Whether a network ends in the head of HRNet for images, which treats four maps one by one: 19 units."""
    return name.startswith("hrnet_") and name.endswith("_cls")


@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_the_edges_are_those_of_the_trace(name: str) -> None:
    net = spec(name)
    view = overview(net)
    home = {node: index for index, unit in enumerate(view.units) for node in unit.nodes}
    crossing = {(i, home[n]) for n, node in enumerate(net.nodes) for i in node.inputs if home[i] != home[n]}
    assert {(edge.node, edge.target) for edge in view.edges if edge.target is not None} == crossing
    assert tuple(edge.node for edge in view.edges if edge.target is None) == net.outputs
    assert all(edge.shape == net.nodes[edge.node].shape and home[edge.node] == edge.source for edge in view.edges)


def test_resnet_collapses_to_the_table_of_its_paper() -> None:
    net = spec("resnet50")
    runs = [unit for unit in overview(net).units if unit.kind == "blocks"]
    assert [len(unit.blocks) for unit in runs] == [3, 4, 6, 3]
    assert [[len(part) for part in segments(net, unit)] for unit in runs] == [[1, 2], [1, 3], [1, 5], [1, 2]]
    found = words(overview_diagram(net))
    assert [f"layer{i}: bottleneck {TIMES}{n}" in found for i, n in enumerate((3, 4, 6, 3), 1)] == [True] * 4
    assert {"width 512", "stride", f"1{DASH}5", "downsample", "layer4 · 14,964,736 parameters"} <= set(found)


def test_a_row_of_plain_blocks_is_cut_where_the_map_halves() -> None:
    for name, convolutions in (("mobilenet_v1_100", (3, 4, 4, 12, 4)), ("repvgg_a0_deploy", (1, 2, 4, 14, 1))):
        net = spec(name)
        units = overview(net).units[1:-1]
        kinds = [[net.nodes[node].kind for node in unit.nodes] for unit in units]
        assert tuple(found.count("conv") for found in kinds) == convolutions
        sides = [net.nodes[unit.nodes[-1]].shape[1] for unit in units]
        assert sides == [112, 56, 28, 14, 7]


def test_a_stack_of_branching_blocks_is_one_box_inside_a_block() -> None:
    outer, inner = details(spec("cspdarknet53_cls"))
    assert f"dark_residual {TIMES}8" in words(outer)
    assert [sum(box.kind == "join" for box in diagram.boxes) for diagram in (outer, inner)] == [1, 1]


def test_densenet_collapses_to_four_units() -> None:
    found = words(overview_diagram(spec("densenet121")))
    for number, (layers, channels) in enumerate(((6, "64 → 256"), (12, "128 → 512"), (24, "256 → 1024")), start=1):
        assert f"denseblock{number}: dense_layer {TIMES}{layers}" in found
        assert f"{channels} channels" in found
    assert found.count("growth 32") == 4
    assert "transition3" in found


def test_googlenet_has_the_rows_of_its_table() -> None:
    found = words(overview_diagram(spec("googlenet_bvlc")))
    assert [found.count(f"inception {TIMES}{count}") for count in (2, 5)] == [2, 1]
    row = found.index("4b")
    assert found[row : row + 8] == ["4b", "160", "112", "224", "24", "64", "64", "512"]


def test_plain_chains_are_cut_at_their_pools() -> None:
    found = words(overview_diagram(spec("vgg16")))
    assert found.count(f"2{TIMES}2 max pool, /2") == 5
    assert found.count(f"3{TIMES}3 conv, 512, ReLU ({TIMES}3)") == 2
    assert [len(unit.lines) for unit in overview(spec("lenet5_modern")).units] == [0, 2, 2, 4]


def test_an_inception_module_shows_four_branches_and_their_join() -> None:
    (inside,) = details(spec("googlenet_bvlc"))
    joins = [index for index, box in enumerate(inside.boxes) if box.kind == "join"]
    assert len(joins) == 1
    arriving = sorted(link.words for link in inside.links if link.target == joins[0])
    assert arriving == sorted(f"{c}{TIMES}28{TIMES}28" for c in (64, 128, 32, 32))
    assert {"n3x3_reduce = 96", f"5{TIMES}5 conv", "n_pool = 32"} <= set(words(inside))
    assert "each conv is followed by ReLU" in inside.heading


def test_a_part_that_only_some_blocks_have_is_dashed() -> None:
    (inside,) = details(spec("resnet50"))
    dashed = [box for box in inside.boxes if box.dashed]
    assert [box.texts[1].words for box in dashed] == ["4 * width = 256"]
    assert "dashed: downsample only in 4 of 16, elsewhere the input as it is" in inside.heading
    (inside,) = details(spec("mobilenet_v2"))
    assert "dashed: add only in 10 of 17" in inside.heading


def test_widths_are_in_the_terms_of_the_block_that_is_drawn() -> None:
    """The convolutions of Inception v3 are calls of a block of their own, whose width has another name."""
    drawn = dict(zip("abcde", details(spec("inception_v3")), strict=True))
    assert "width = 128" in words(drawn["c"])
    assert f"1{TIMES}1 conv, 192" in words(drawn["c"])
    assert not [word for diagram in drawn.values() for word in words(diagram) if word.startswith("channels = ")]


def test_a_tensor_that_is_read_twice_ends_its_unit() -> None:
    def forked(x: Value) -> Value:
        y = relu(conv(x, 4, 1))
        return relu(conv(y, 4, 1)) + y

    units = overview(trace(forked, "forked", (3, 8, 8))).units
    assert [unit.nodes for unit in units] == [(0,), (1, 2), (3, 4), (5,)]


def test_auxiliary_heads_branch_off() -> None:
    net = spec("googlenet_bvlc_aux")
    view = overview(net)
    assert [unit.pieces[0].path for unit in view.units if unit.side] == ["loss1", "loss2"]
    diagram = overview_diagram(net)
    assert {"auxiliary output 1", "auxiliary output 2", "loss2: auxiliary head"} <= set(words(diagram))
    assert sum(link.dashed for link in diagram.links) == 4


@sequence
def scored(x: Value) -> Value:
    """A head without branches."""
    return relu(conv(x, 4, 1))


def with_a_head(x: Value, between: bool) -> list[Value]:
    """Two levels and a head that both share, with a layer between its calls or without."""
    head, coarse = shared(scored, name="head"), max_pool(x, 2)
    first = head(x)
    second = head(tanh(coarse) if between else coarse)
    return [relu(first), second]


def test_calls_of_a_shared_block_are_one_box_where_nothing_stands_between_them() -> None:
    view = overview(trace(with_a_head, "net", (3, 8, 8), between=False))
    heads = [unit for unit in view.units if unit.pieces[0].shared == "head"]
    assert [[piece.path for piece in unit.pieces] for unit in heads] == [["head", "head_1"]]
    assert heads[0].params == 4 * 3 + 4
    place = view.units.index(heads[0])
    assert sum(edge.source == place for edge in view.edges) == sum(edge.target == place for edge in view.edges) == 2
    apart = trace(with_a_head, "net", (3, 8, 8), between=True)
    assert [unit.pieces[0].path for unit in overview(apart).units if unit.pieces[0].shared] == ["head", "head_1"]
    assert any("weights of head" in line for line in words(overview_diagram(apart)))


def test_a_shared_block_that_reads_its_own_answer_is_a_box_for_each_call() -> None:
    def again(x: Value) -> Value:
        head = shared(scored, name="head")
        return head(head(conv(x, 4, 1, name="c")))

    view = overview(trace(again, "net", (3, 8, 8)))
    assert [len(unit.pieces) for unit in view.units if unit.pieces[0].shared] == [1, 1]


def test_a_block_of_blocks_is_drawn_beside_a_larger_one_of_others() -> None:
    headings = [diagram.heading[0] for diagram in details(spec("efficientdet_d0"))]
    assert {"inside features", "inside pyramid", "inside bifpn"} <= set(headings)
