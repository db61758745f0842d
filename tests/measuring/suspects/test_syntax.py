"""What statements are found, and how each is written better."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest

from nbperf.measuring.suspects.syntax import (
    MISSING,
    Adding,
    Assigned,
    Backward,
    Summing,
    Training,
    Updating,
    Zeroing,
    lines_of,
    read,
    resolve,
)  # fmt: skip


def found(source: str, kind: type) -> list:
    return [item for items in read(source.splitlines()).items.values() for item in items if isinstance(item, kind)]


@pytest.mark.parametrize(
    ("statement", "better"),
    [
        ("losses.append(loss)", "losses.append(loss.item())"),
        ("self.losses.append(a + b)", "self.losses.append((a + b).item())"),
        ("losses.insert(0, loss)", "losses.insert(0, loss.item())"),
        ("seen[k] = model(x)", "seen[k] = model(x).item()"),
        ("losses += [loss]", "losses += [loss.item()]"),
        ("rows.append((step, loss))", "rows.append((step, loss.item()))"),
        ("rows.append({'loss': loss, 'n': 3})", "rows.append({'loss': loss.item(), 'n': 3})"),
        ("rows.append([loss])", "rows.append([loss.item()])"),
        ("outs = [f(x) for x in xs]", "outs = [f(x).item() for x in xs]"),
        ("outs = {k: f(x) for k, x in xs}", "outs = {k: f(x).item() for k, x in xs}"),
    ],
)
def test_what_is_added_to_containers(statement, better):
    (item,) = found(statement, Adding)
    assert item.adding("item", {"step"}) == better


@pytest.mark.parametrize("statement", ["n = losses.append(loss)", "append(loss)", "losses.pop(loss)", "x = 1", "losses.append()"])
def test_what_adds_nothing(statement):
    assert found(statement, Adding) == []


@pytest.mark.parametrize(
    ("statement", "better"),
    [
        ("x = x + y", "x += y"),
        ("x = y + x", "x += y"),
        ("x = x @ y", "x @= y"),
        ("self.w = self.w - lr * g", "self.w -= lr * g"),
        ("w[i] = w[i] / 2", "w[i] /= 2"),
        ("x = x + y - z", "x += y; x -= z"),
        ("x = x * (y + 1)", "x *= y + 1"),
        ("x = x + x", "x += x"),
        ("x = y - x", None),
        ("x = y + z", None),
        ("x = (y + x) * 2", None),
        ("x = x * 2 + x", "x += x * 2"),
        ("x = -x", None),
        ("x, y = x + y, y", None),
        ("x += y", None),
    ],
)
def test_updates_in_place(statement, better):
    items = found(statement, Updating)
    assert [item.in_place for item in items] == ([better] if better else [])


def test_updates_in_place_compute_the_same():
    for statement in ("x = x + y", "x = y + x", "x = x + y - z", "x = x * (y + 1)", "x = x - y * z - y", "x = x ** 2 / y"):
        (item,) = found(statement, Updating)
        one, other = ({"x": 3.0, "y": 5.0, "z": 7.0} for _ in range(2))
        exec(statement, one)
        exec(item.in_place, other)
        assert one["x"] == other["x"], statement


def test_sums():
    assert [ast.unparse(item.value) for item in found("total += loss\nx = x + y\nx = y + x\nx = x + y + z\nx = x - y", Summing)] == [
        "loss",
        "y",
        "y",
    ]


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ("o.zero_grad(set_to_none=False)", True),
        ("self.model.zero_grad(False)", True),
        ("o.zero_grad()", False),
        ("o.zero_grad(set_to_none=True)", False),
        ("o.zero_grad(set_to_none=flag)", False),
        ("if first: o.zero_grad(set_to_none=False)", True),
    ],
)
def test_gradients_set_to_zero(call, counts):
    assert len(found(call, Zeroing)) == counts


@pytest.mark.parametrize(
    ("call", "roots"),
    [
        ("loss.backward()", ["loss"]),
        ("scaler.scale(loss).backward()", ["scaler.scale", "scaler", "loss"]),
        ("accelerator.backward(loss)", ["accelerator", "loss"]),
        ("losses['a'].backward()", ["losses['a']", "losses"]),
        ("(a + b).backward(retain_graph=True)", ["a", "b"]),
    ],
)
def test_calls_of_backward(call, roots):
    (item,) = found(call, Backward)
    assert sorted(ast.unparse(root) for root in item.roots) == sorted(roots)


def test_names_that_are_set():
    source = "a = f(b, c)\nfor d in e:\n    (g, h) = i\nwith j as k:\n    pass\nm: int = n\na.x = 3\n"
    assert [(item.name, item.operands) for item in found(source, Assigned)] == [
        ("a", ("f", "b", "c")), ("d", ("e",)), ("k", ("j",)), ("m", ("n",)), ("g", ("i",)), ("h", ("i",)),
    ]  # fmt: skip
    assert len(found("model.train()\nx.train", Training)) == 1


def test_what_a_function_hands_out():
    source = "def f():\n    return a, b.item(), g(c)\ndef h():\n    return\n"
    assert read(source.splitlines()).returned == {2: {"a", "g", "c"}}


def test_items_go_to_the_code_whose_lines_they_are_on():
    source = ["def f():", "    losses.append(1)", "seen.append(2)"]
    syntax = read(source)
    code = compile("\n".join(source), "f", "exec")
    inner = next(const for const in code.co_consts if hasattr(const, "co_code"))
    assert [item.line for item in syntax.of(code)] == [3]
    assert [item.line for item in syntax.of(inner)] == [2]
    assert lines_of(inner) >= {2}
    assert (syntax.text(2), syntax.text(9)) == ("losses.append(1)", "")


def test_objects_are_found_without_running_anything():
    class Thing:
        def __init__(self):
            self.inside = {"k": [10, 20]}

        @property
        def computed(self):
            raise AssertionError

    names = {"thing": Thing(), "i": 1, "row": (1, 2), "ns": SimpleNamespace(x=5)}

    def at(expression):
        return resolve(ast.parse(expression, mode="eval").body, names, {"outer": 7})

    assert [at(e) for e in ("outer", "thing.inside['k'][i]", "row[-1]", "ns.x")] == [7, 20, 2, 5]
    for expression in (
        "nothing",
        "thing.computed",
        "thing.inside['x']",
        "row[5]",
        "row[0:1]",
        "f(x)",
        "thing.no.more",
        "thing.inside[thing]",
    ):
        assert at(expression) is MISSING


def test_parts_of_modules_are_found():
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    model.head = torch.nn.BatchNorm1d(2)
    names = {"model": model}
    assert resolve(ast.parse("model.head.weight", mode="eval").body, names, {}) is model.head.weight
    assert resolve(ast.parse("model.head.running_mean", mode="eval").body, names, {}) is model.head.running_mean
