"""A graph's saved tensors are counted once each, without the parameters, and nothing is computed for it."""

from __future__ import annotations

import gc
import sys
import weakref

import pytest

from nbperf.measuring.holders import key_of
from nbperf.measuring.suspects import graph
from nbperf.measuring.suspects.graph import has_graph, kept

torch = pytest.importorskip("torch", reason="these tests need PyTorch")


@pytest.fixture(params=["data", "unpack"])
def reader(request, monkeypatch):
    """Both ways to read saved tensors; the second is that of older versions."""
    if request.param == "data" and graph._reader() != "data":
        pytest.skip("this PyTorch shows no saved tensors")
    monkeypatch.setattr(graph, "_reader", lambda: request.param)


def test_what_has_a_graph():
    w = torch.ones(3, requires_grad=True)
    assert [has_graph(each) for each in (w, w * 2, (w * 2).detach(), 3, None)] == [False, True, False, False, False]


def test_a_saved_result_and_the_leaves(reader):
    w, x = torch.ones(1_000, requires_grad=True), torch.ones(1_000)
    y = (w * x).exp()
    found = kept([y])
    assert found.sizes == {key_of(x): 4_000, key_of(y): 4_000}  # mul saved x, exp its result; w, saved too, is a leaf
    assert found.leaves == {key_of(w): 4_000}
    assert (found.bytes, found.nodes, found.whole) == (8_000, 3, True)
    assert kept([y], {key_of(x)}).bytes == 4_000
    assert found.on("cpu") == 8_000
    assert found.bytes_with_nodes == 8_000 + 3 * graph.NODE_BYTES


def test_graphs_share_what_they_saved(reader):
    w = torch.ones(1_000, requires_grad=True)
    y = w.exp()
    assert kept([y.neg(), y.sum(), y[:10]]).bytes == 4_000


def test_after_backward_nothing_is_saved(reader):
    w = torch.ones(1_000, requires_grad=True)
    y = w.exp().sum()
    y.backward()
    assert (kept([y]).bytes, kept([y]).nodes) == (0, 3)


def test_a_list_of_saved_tensors(reader):
    w = torch.ones(1_000, requires_grad=True)
    assert kept([torch.stack([w * 2, w.exp()]).prod()]).bytes >= 8_000


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x * 2)
        ctx.mask = x > 0
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


def test_a_function_written_in_python(reader):
    w = torch.ones(1_000, requires_grad=True)
    assert kept([Double.apply(w)]).bytes == 4_000 + 1_000


def test_a_long_graph_is_walked_in_part(monkeypatch, reader):
    monkeypatch.setattr(graph, "MOST_NODES", 50)
    w = torch.ones(10, requires_grad=True)
    y = w
    for _ in range(200):
        y = y.exp()
    found = kept([y])
    assert (found.nodes, found.whole, found.bytes) == (50, False, 50 * 40)


def test_a_checkpoint_is_not_made_to_compute_again():
    calls = []

    def block(x):
        calls.append(1)
        return x.exp()

    from torch.utils.checkpoint import checkpoint

    w = torch.ones(1_000, requires_grad=True)
    y = checkpoint(block, w.neg(), use_reentrant=False).sum()
    found = kept([y])
    assert calls == [1]
    assert found.bytes == 0
    y.backward()
    assert calls == [1, 1]


def test_older_versions_are_not_asked_while_a_checkpoint_lives(monkeypatch):
    from torch.utils import checkpoint

    class Saved:
        pass

    monkeypatch.setattr(torch._C._autograd, "SavedTensor", Saved)
    gc.collect()  # those of other tests
    assert graph._reader() == "unpack"
    holder = checkpoint._Holder()
    assert graph._reader() == "none"
    w = torch.ones(1_000, requires_grad=True)
    assert kept([w.exp()]).bytes == 0
    del holder


def test_tensors_saved_on_the_cpu_by_a_hook_are_left_alone():
    if graph._reader() != "data":
        pytest.skip("this PyTorch shows no saved tensors")
    unpacked = []
    w = torch.ones(1_000, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: unpacked.append(1) or x):
        y = w.exp()
    assert kept([y]).bytes == 0
    assert unpacked == []


def test_nothing_is_kept_alive():
    w = torch.ones(1_000, requires_grad=True)
    y = w.exp().exp()
    found = kept([y])
    alive = [weakref.ref(w), weakref.ref(y)]
    del w, y
    gc.collect()
    assert [ref() for ref in alive] == [None, None]
    assert found.bytes == 8_000
    assert "torch" in sys.modules
