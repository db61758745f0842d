"""Cells that must raise a finding, and cells beside them that must not: source text, so that any tracer can run them.

`before` prepares and is not traced; each cell ends with what it has to do and takes well under a second.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    code: str
    name: str
    cell: str
    fires: bool
    before: str = ""
    says: tuple[str, ...] = ()
    """Parts of the cause and the remedy."""

    @property
    def id(self) -> str:
        return f"{self.code}: {self.name}"


TORCH = "import torch\ntorch.manual_seed(0)\n"
MODEL = (
    TORCH
    + "model = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1))\nx = torch.randn(4_096, 256)\n"
)
BIG = (
    TORCH
    + "model = torch.nn.Sequential(torch.nn.Linear(1024, 1024), torch.nn.Tanh(), torch.nn.Linear(1024, 1))\nx = torch.randn(16, 1024)\n"
)

GRAPHS = (
    Case(
        "memory-graphs-kept",
        "losses in a list",
        """\
losses = []
for step in range(10):
    loss = model(x + step).square().mean()
    losses.append(loss)
""",
        True,
        MODEL,
        ("`losses` holds 10 tensors", "line 4 of", "`losses.append(loss.item())`"),
    ),
    Case(
        "memory-graphs-kept",
        "in a dict, in tuples",
        """\
seen = {}
for step in range(10):
    loss = model(x + step).square().mean()
    seen[step] = (step, loss)
""",
        True,
        MODEL,
        ("`seen` holds 10", "`seen[step] = (step, loss.item())`"),
    ),
    Case(
        "memory-graphs-kept",
        "made by a comprehension",
        """\
outs = [model(x + step) for step in range(6)]
""",
        True,
        MODEL,
        ("`outs` holds 6", "`outs = [model(x + step).detach() for step in range(6)]`"),
    ),
    Case(
        "memory-graphs-kept",
        "on an attribute, in a method",
        """\
class Trainer:
    def __init__(self):
        self.losses = []
        self.total = 0.0
    def step(self, step):
        loss = model(x + step).square().mean()
        self.losses.append(loss)
trainer = Trainer()
for step in range(10):
    trainer.step(step)
""",
        True,
        MODEL,
        ("`self.losses` holds 10", "line 7 of"),
    ),
    Case(
        "memory-graphs-kept",
        "a local list of an evaluation",
        """\
def evaluate():
    losses = []
    for step in range(10):
        losses.append(model(x + step).square().mean())
    return torch.stack(losses).mean().item()
result = evaluate()
""",
        True,
        MODEL,
        ("`losses` holds 10", "`losses.append(model(x + step).square().mean().item())`"),
    ),
    Case(
        "memory-graphs-kept",
        "a sum",
        """\
total = 0.0
for step in range(10):
    total += model(x + step).square().mean()
""",
        True,
        MODEL,
        ("`total` carries", "`total += model(x + step).square().mean().item()`"),
    ),
    Case(
        "memory-graphs-kept",
        "a sum on an attribute",
        """\
class Meter:
    total = 0.0
meter = Meter()
meter.total = 0.0
for step in range(10):
    meter.total = meter.total + model(x + step).square().mean()
""",
        True,
        MODEL,
        ("`meter.total` carries",),
    ),
    Case(
        "memory-graphs-kept",
        "numbers only",
        """\
losses = []
for step in range(10):
    loss = model(x + step).square().mean()
    losses.append(loss.item())
""",
        False,
        MODEL,
    ),
    Case(
        "memory-graphs-kept",
        "detached",
        """\
losses, total = [], 0.0
for step in range(10):
    loss = model(x + step).square().mean()
    losses.append(loss.detach())
    total += loss.detach()
""",
        False,
        MODEL,
    ),
    Case(
        "memory-graphs-kept",
        "after backward only nodes are left",
        """\
losses = []
for step in range(10):
    loss = model(x + step).square().mean()
    loss.backward()
    losses.append(loss)
""",
        False,
        MODEL,
    ),
    Case(
        "memory-graphs-kept",
        "a loss of several parts",
        """\
parts = []
def criterion(out):
    terms = []
    for power in range(1, 4):
        terms.append((out ** power).mean())
    return sum(terms)
for step in range(10):
    loss = criterion(model(x + step))
    loss.backward()
""",
        False,
        MODEL,
    ),
    Case(
        "memory-graphs-kept",
        "features that a module collects in its forward pass",
        """\
class Pyramid(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([torch.nn.Linear(256, 256) for _ in range(3)])
    def forward(self, x):
        found = []
        for block in self.blocks:
            x = block(x).relu()
            found.append(x)
        return sum(found)
out = Pyramid()(x)
""",
        False,
        MODEL,
    ),
)

OUTPUTS = ()  # they take a notebook: test_outputs.py

TEMPORARY = (
    Case(
        "memory-temporary",
        "x = x + y",
        """\
for step in range(3):
    x = x + y
""",
        True,
        "import numpy as np\nx, y = np.ones(4_000_000), np.ones(4_000_000)\n",
        ("`x = x + y`", "`x += y`"),
    ),
    Case(
        "memory-temporary",
        "a leaf that requires gradients",
        """\
w = torch.zeros(4_000_000, requires_grad=True)
g = torch.ones(4_000_000)
w = w - 0.1 * g
""",
        True,
        TORCH,
        ("`w = w - 0.1 * g`", "`with torch.no_grad(): w -= 0.1 * g`"),
    ),
    Case(
        "memory-temporary",
        "on an attribute",
        """\
class Layer:
    pass
layer = Layer()
layer.w, g = torch.zeros(4_000_000), torch.ones(4_000_000)
layer.w = layer.w - 0.1 * g
""",
        True,
        TORCH,
        ("`layer.w -= 0.1 * g`",),
    ),
    Case(
        "memory-temporary",
        "in place already",
        """\
for step in range(3):
    x += y
""",
        False,
        "import numpy as np\nx, y = np.ones(4_000_000), np.ones(4_000_000)\n",
    ),
    Case(
        "memory-temporary",
        "the result is of another type",
        """\
x = x + y
""",
        False,
        "import numpy as np\nx, y = np.ones(4_000_000, dtype='int32'), np.ones(4_000_000)\n",
    ),
    Case(
        "memory-temporary",
        "the result is of another shape",
        """\
x = x + y
""",
        False,
        "import numpy as np\nx, y = np.ones((1, 2_000)), np.ones((2_000, 2_000))\n",
    ),
    Case(
        "memory-temporary",
        "small",
        """\
x = x + y
""",
        False,
        "import numpy as np\nx, y = np.ones(1_000), np.ones(1_000)\n",
    ),
)

GRADIENTS = (
    Case(
        "memory-gradients-kept",
        "an optimizer",
        """\
for step in range(3):
    optimizer.zero_grad(set_to_none=False)
    model(x).square().mean().backward()
    optimizer.step()
""",
        True,
        BIG + "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n",
        ("4.0", "line 2 of", "`optimizer.zero_grad(set_to_none=True)`"),
    ),
    Case(
        "memory-gradients-kept",
        "a model held by an object",
        """\
class Trainer:
    pass
trainer = Trainer()
trainer.model = model
for step in range(3):
    trainer.model.zero_grad(set_to_none=False)
    model(x).square().mean().backward()
""",
        True,
        BIG,
        ("trainer.model.zero_grad",),
    ),
    Case(
        "memory-gradients-kept",
        "the default",
        """\
for step in range(3):
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
""",
        False,
        BIG + "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n",
    ),
    Case(
        "memory-gradients-kept",
        "on a line that did not run",
        """\
for step in range(3):
    if step > 5:
        optimizer.zero_grad(set_to_none=False)
    model(x).square().mean().backward()
""",
        False,
        BIG + "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n",
    ),
)

NO_GRAD = (
    Case(
        "memory-no-grad",
        "an evaluation",
        """\
def evaluate(model, batches):
    model.eval()
    total = 0.0
    for batch in batches:
        out = model(batch)
        total += out.square().mean().item()
    return total
for epoch in range(2):
    model.train()
    model(x).mean().backward()
    score = evaluate(model, [x, x + 1])
""",
        True,
        MODEL,
        ("`model` is in eval mode", "`out`", "line 5 of", "`with torch.inference_mode():`"),
    ),
    Case(
        "memory-no-grad",
        "that goes back to training at its end",
        """\
def evaluate():
    model.eval()
    out = model(x)
    total = out.square().mean().item()
    model.train()
    return total
score = evaluate()
""",
        True,
        MODEL,
        ("`out`",),
    ),
    Case(
        "memory-no-grad",
        "in a cell, by a function that hands out the result",
        """\
model.eval()
def predict(batch):
    return model(batch)
out = predict(x)
""",
        True,
        MODEL,
        ("`out`", "line 4 of"),
    ),
    Case(
        "memory-no-grad",
        "of a model that an object holds",
        """\
class Tester:
    def __init__(self):
        self.model = model.eval()
    def run(self):
        out = self.model(x)
        return out.sum().item()
score = Tester().run()
""",
        True,
        MODEL,
        ("`self.model` is in eval mode",),
    ),
    Case(
        "memory-no-grad",
        "under no_grad",
        """\
def evaluate(model, batches):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for batch in batches:
            out = model(batch)
            total += out.square().mean().item()
    return total
score = evaluate(model, [x, x + 1])
""",
        False,
        MODEL,
    ),
    Case(
        "memory-no-grad",
        "in training mode",
        """\
def loss_of(model, batch):
    out = model(batch)
    return out.square().mean().item()
score = loss_of(model.train(), x)
""",
        False,
        MODEL,
    ),
    Case(
        "memory-no-grad",
        "frozen",
        """\
for parameter in model.parameters():
    parameter.requires_grad_(False)
model.eval()
w = torch.ones(256, requires_grad=True)
out = model(x * w)
""",
        False,
        MODEL,
    ),
    Case(
        "memory-no-grad",
        "gradients of the input",
        """\
model.eval()
def saliency(batch):
    batch = batch.clone().requires_grad_()
    out = model(batch)
    out.sum().backward()
    return batch.grad
grad = saliency(x)
""",
        False,
        MODEL,
    ),
    Case(
        "memory-no-grad",
        "a step with its statistics frozen, and its backward outside",
        """\
model.eval()
def loss_of(batch):
    out = model(batch)
    loss = out.square().mean()
    return loss
for step in range(3):
    loss_of(x).backward()
""",
        False,
        MODEL,
    ),
)

PRECISION = (
    Case(
        "memory-float64",
        "a tensor from numpy beside a model",
        """\
def load():
    data = torch.from_numpy(np.random.rand(1_000, 256))
    model
    return data
data = load()
""",
        True,
        MODEL + "import numpy as np\n",
        ("`data` is float64 beside `model`", "`data = data.float()`"),
    ),
    Case(
        "memory-float64",
        "an array made of float32",
        """\
scale = np.linspace(0, 1, 512)
b = a * scale
""",
        True,
        "import numpy as np\na = np.ones((512, 512), dtype='float32')\n",
        ("`b` is float64 beside `a`", 'astype("float32")'),
    ),
    Case(
        "memory-float64",
        "without float32 around",
        """\
data = torch.from_numpy(np.random.rand(1_000, 256))
more = data * 2
""",
        False,
        TORCH + "import numpy as np\n",
    ),
    Case(
        "memory-float64",
        "beside a constant of float32",
        """\
eps = torch.tensor(1e-8)
data = torch.from_numpy(np.random.rand(1_000, 256)) + eps
""",
        False,
        TORCH + "import numpy as np\n",
    ),
    Case(
        "memory-float64",
        "made float32 on its way",
        """\
data = torch.from_numpy(np.random.rand(1_000, 256)).float()
out = model(data).detach()
""",
        False,
        MODEL + "import numpy as np\n",
    ),
    Case(
        "memory-float64",
        "arrays of float64",
        """\
b = a * 2
""",
        False,
        "import numpy as np\na = np.ones((512, 512))\n",
    ),
)

ACTIVATIONS = (
    Case(
        "memory-activations",
        "a wide batch through a small model",
        """\
loss = model(x).square().mean()
loss.backward()
""",
        True,
        TORCH
        + "model = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))\nx = torch.randn(50_000, 16)\n",
        ("`loss.backward()` finds", "beside", "checkpoint"),
    ),
    Case(
        "memory-activations",
        "through a scaler",
        """\
loss = model(x).square().mean()
scaler.scale(loss).backward()
""",
        True,
        TORCH
        + """\
model = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
x = torch.randn(50_000, 16)
class Scaler:
    def scale(self, loss):
        return loss * 2
scaler = Scaler()
""",
        ("scaler.scale(loss).backward()",),
    ),
    Case(
        "memory-activations",
        "smaller than the weights",
        """\
loss = model(x).square().mean()
loss.backward()
""",
        False,
        BIG.replace("16, 1024)", "400, 1024)"),
    ),
    Case(
        "memory-activations",
        "computed again by a checkpoint",
        """\
from torch.utils.checkpoint import checkpoint
loss = checkpoint(model, x, use_reentrant=False).square().mean()
loss.backward()
""",
        False,
        TORCH
        + "model = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))\nx = torch.randn(50_000, 16)\n",
    ),
    Case(
        "memory-activations",
        "the data itself",
        """\
w = torch.zeros(16, requires_grad=True)
loss = (x @ w).mean()
loss.backward()
""",
        False,
        TORCH + "x = torch.randn(200_000, 16)\n",
    ),
)

CASES = (*GRAPHS, *TEMPORARY, *GRADIENTS, *NO_GRAD, *PRECISION, *ACTIVATIONS)
