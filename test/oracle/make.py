#!/usr/bin/python3
"""Numbers of recurrent cells, values and gradients, computed by PyTorch: an independent oracle.

Written from the equations in the .rnn examples and from PyTorch's documentation, by a hand that has not seen this
project's code. Invariant: nothing is written before every check has passed. Every number of a file has been computed

  1. by PyTorch: the nn module over packed sequences where there is one, else a plain loop over each sequence alone;
  2. by that plain loop (torch, autograd), one sequence at a time, which never touches the padding;
  3. by a batched loop in torch (autograd), which selects by the lengths;
  4. by NumPy alone, with equations written a second time, and every gradient entry by the complex step
     (Squire & Trapp 1998: f'(x) = Im f(x + ih) / h, no cancellation, so h = 1e-30 is exact to rounding);
  5. a few gradient entries by central differences;

and they agree. See README.md beside. Run: /usr/bin/python3 make.py
"""
import json
import os
import struct
import sys
import zlib

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.use_deterministic_algorithms(True)

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
CLOSE = 1e-12       # between any two of the ways above (absolute, and relative to the largest entry where that exceeds 1)
STEP = 1e-30        # of the complex step
DIFFERENCE = 1e-5   # of the central differences
COARSE = 1e-8       # what central differences can promise at that step


# ---------------------------------------------------------------- checks

worst = {}


def close(kind, where, a, b, tolerance=CLOSE):
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        sys.exit(f"{where}: {kind}: shapes {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        sys.exit(f"{where}: {kind}: not finite")
    error = float(np.max(np.abs(a - b), initial=0.0)) / max(1.0, float(np.max(np.abs(b), initial=0.0)))
    if not error <= tolerance:
        sys.exit(f"{where}: {kind}: off by {error:.3e}")
    worst[kind] = max(worst.get(kind, 0.0), error)


def demand(truth, what):
    if not truth:
        sys.exit(f"not so: {what}")


# ---------------------------------------------------------------- cells: weights, a step in torch, a step in NumPy
# Torch steps take x [..., n] and states [..., m], NumPy steps one vector x [n] and states [m].


def sigmoid(a):  # NumPy, complex too
    return 1 / (1 + np.exp(-a))


class RNN:
    states = ["h"]

    @staticmethod
    def weights(n, m):
        return {"W": (m, n), "U": (m, m), "b": (m,)}

    @staticmethod
    def torch(p, x, s):
        return {"h": torch.tanh(x @ p["W"].T + s["h"] @ p["U"].T + p["b"])}

    @staticmethod
    def numpy(p, x, s):
        return {"h": np.tanh(p["W"] @ x + p["U"] @ s["h"] + p["b"])}


class LSTM:
    states = ["h", "c"]

    @staticmethod
    def weights(n, m):
        return {k: v for gate in "ifog" for k, v in
                ((f"W.{gate}.x", (m, n)), (f"W.{gate}.h", (m, m)), (f"b.{gate}", (m,)))}

    @staticmethod
    def torch(p, x, s):
        affine = lambda e: x @ p[f"W.{e}.x"].T + s["h"] @ p[f"W.{e}.h"].T + p[f"b.{e}"]
        i = torch.sigmoid(affine("i"))
        f = torch.sigmoid(affine("f") + 1)
        o = torch.sigmoid(affine("o"))
        g = torch.tanh(affine("g"))
        c = f * s["c"] + i * g
        return {"h": o * torch.tanh(c), "c": c}

    @staticmethod
    def numpy(p, x, s):
        h, c = s["h"], s["c"]
        write = sigmoid(p["W.i.x"] @ x + p["W.i.h"] @ h + p["b.i"])
        keep = sigmoid(p["W.f.x"] @ x + p["W.f.h"] @ h + p["b.f"] + 1)
        show = sigmoid(p["W.o.x"] @ x + p["W.o.h"] @ h + p["b.o"])
        what = np.tanh(p["W.g.x"] @ x + p["W.g.h"] @ h + p["b.g"])
        c = keep * c + write * what
        return {"h": show * np.tanh(c), "c": c}


class GRUAfter:
    """PyTorch's own: the reset gate acts after the product, which therefore has a bias (c.n) of its own."""
    states = ["h"]

    @staticmethod
    def weights(n, m):
        return {"W.r.x": (m, n), "W.r.h": (m, m), "b.r": (m,),
                "W.z.x": (m, n), "W.z.h": (m, m), "b.z": (m,),
                "W.n.x": (m, n), "b.n": (m,), "W.n.h": (m, m), "c.n": (m,)}

    @staticmethod
    def torch(p, x, s):
        h = s["h"]
        r = torch.sigmoid(x @ p["W.r.x"].T + h @ p["W.r.h"].T + p["b.r"])
        z = torch.sigmoid(x @ p["W.z.x"].T + h @ p["W.z.h"].T + p["b.z"])
        n = torch.tanh(x @ p["W.n.x"].T + p["b.n"] + r * (h @ p["W.n.h"].T + p["c.n"]))
        return {"h": (1 - z) * n + z * h}

    @staticmethod
    def numpy(p, x, s):
        h = s["h"]
        reset = sigmoid(p["W.r.x"] @ x + p["W.r.h"] @ h + p["b.r"])
        keep = sigmoid(p["W.z.x"] @ x + p["W.z.h"] @ h + p["b.z"])
        new = np.tanh(p["W.n.x"] @ x + p["b.n"] + reset * (p["W.n.h"] @ h + p["c.n"]))
        return {"h": new + keep * (h - new)}


class GRUBefore:
    """Cho et al. 2014 (arXiv 1406.1078, equations 5 to 8): the reset gate acts before the product, and z keeps the past."""
    states = ["h"]

    @staticmethod
    def weights(n, m):
        return {k: v for gate in "rzc" for k, v in ((f"W{gate}", (m, n)), (f"U{gate}", (m, m)), (f"b{gate}", (m,)))}

    @staticmethod
    def torch(p, x, s):
        h = s["h"]
        r = torch.sigmoid(x @ p["Wr"].T + h @ p["Ur"].T + p["br"])
        z = torch.sigmoid(x @ p["Wz"].T + h @ p["Uz"].T + p["bz"])
        candidate = torch.tanh(x @ p["Wc"].T + (r * h) @ p["Uc"].T + p["bc"])
        return {"h": z * h + (1 - z) * candidate}

    @staticmethod
    def numpy(p, x, s):
        h = s["h"]
        reset = sigmoid(p["Wr"] @ x + p["Ur"] @ h + p["br"])
        keep = sigmoid(p["Wz"] @ x + p["Uz"] @ h + p["bz"])
        new = np.tanh(p["Wc"] @ x + p["Uc"] @ (reset * h) + p["bc"])
        return {"h": new + keep * (h - new)}


class MinGRU:
    """mingru.rnn (Feng et al. 2024). Here z is the share of what is new: the other way round than in GRUBefore."""
    states = ["h"]

    @staticmethod
    def weights(n, m):
        return {"W.z.x": (m, n), "b.z": (m,), "W.h.x": (m, n), "b.h": (m,)}

    @staticmethod
    def torch(p, x, s):
        z = torch.sigmoid(x @ p["W.z.x"].T + p["b.z"])
        return {"h": (1 - z) * s["h"] + z * (x @ p["W.h.x"].T + p["b.h"])}

    @staticmethod
    def numpy(p, x, s):
        z = sigmoid(p["W.z.x"] @ x + p["b.z"])
        return {"h": s["h"] + z * (p["W.h.x"] @ x + p["b.h"] - s["h"])}


# ---------------------------------------------------------------- loops over time
# loop(cell, p, x [B, T, n], lengths, starts {state: [B, m]}, backward) -> (h [B, T, m], finals {state: [B, m]}).
# h is zero beyond the end; the finals are those of the last step that the loop took in each sequence.
# Backward: each sequence begins at its own last real step and ends at step 0.


def torch_each(cell, p, x, lengths, starts, backward=False):
    rows, finals = [], {k: [] for k in cell.states}
    for b, length in enumerate(lengths):
        s = {k: starts[k][b] for k in cell.states}
        steps = [None] * length
        for t in reversed(range(length)) if backward else range(length):
            s = cell.torch(p, x[b, t], s)
            steps[t] = s["h"]
        rows.append(torch.stack(steps + [torch.zeros_like(s["h"])] * (x.shape[1] - length)))
        for k in cell.states:
            finals[k].append(s[k])
    return torch.stack(rows), {k: torch.stack(v) for k, v in finals.items()}


def torch_batch(cell, p, x, lengths, starts, backward=False):
    T = x.shape[1]
    s, steps = dict(starts), [None] * T
    for t in reversed(range(T)) if backward else range(T):
        real = (torch.tensor(lengths) > t)[:, None]
        seen = torch.where(real, x[:, t], torch.zeros(()))  # selected before use too: 0 * NaN is NaN in a backward pass
        new = cell.torch(p, seen, s)
        s = {k: torch.where(real, new[k], s[k]) for k in cell.states}
        steps[t] = torch.where(real, new["h"], torch.zeros(()))
    return torch.stack(steps, 1), s


def numpy_each(cell, p, x, lengths, starts, backward=False):
    B, T = x.shape[:2]
    m = starts["h"].shape[1]
    output = np.zeros((B, T, m), complex)
    finals = {k: np.zeros((B, m), complex) for k in cell.states}
    for b in range(B):
        s = {k: starts[k][b] for k in cell.states}
        for n in range(lengths[b]):
            t = lengths[b] - 1 - n if backward else n
            s = cell.numpy(p, x[b, t], s)
            output[b, t] = s["h"]
        for k in cell.states:
            finals[k][b] = s[k]
    return output, finals


# ---------------------------------------------------------------- nets: cells put together
# net.run(loop, concat, given) -> {"output": ..., "final.…": ...}, where given holds x, lengths, weights and starts by name.


def under(prefix, names):
    return {k[len(prefix):]: v for k, v in names.items() if k.startswith(prefix)}


def over(prefix, names):
    return {prefix + k: v for k, v in names.items()}


class Alone:
    def __init__(self, cell):
        self.cell = cell

    def shapes(self, B, n, m):
        return {**self.cell.weights(n, m), **{f"start.{k}": (B, m) for k in self.cell.states}}

    def width(self, m):
        return m

    def run(self, loop, concat, given):
        h, finals = loop(self.cell, given, given["x"], given["lengths"], under("start.", given))
        return {"output": h, **over("final.", finals)}


class Stack:
    """Layer 1 reads the h of layer 0."""

    def __init__(self, cell):
        self.cell = cell

    def shapes(self, B, n, m):
        return {**over("0.", self.cell.weights(n, m)), **over("1.", self.cell.weights(m, m)),
                **{f"start.{layer}.{k}": (B, m) for layer in "01" for k in self.cell.states}}

    def width(self, m):
        return m

    def run(self, loop, concat, given):
        h, result = given["x"], {}
        for layer in "01":
            h, finals = loop(self.cell, under(layer + ".", given), h, given["lengths"], under(f"start.{layer}.", given))
            result.update(over(f"final.{layer}.", finals))
        return {"output": h, **result}


class Both:
    """Two directions, each with weights and a start of its own; concat(forward, backward) at each step."""

    def __init__(self, cell):
        self.cell = cell

    def shapes(self, B, n, m):
        return {**over("forward.", self.cell.weights(n, m)), **over("backward.", self.cell.weights(n, m)),
                **{f"start.{way}.{k}": (B, m) for way in ("forward", "backward") for k in self.cell.states}}

    def width(self, m):
        return 2 * m

    def run(self, loop, concat, given):
        sides, result = [], {}
        for way in ("forward", "backward"):
            h, finals = loop(self.cell, under(way + ".", given), given["x"], given["lengths"],
                             under(f"start.{way}.", given), backward=way == "backward")
            sides.append(h)
            result.update(over(f"final.{way}.", finals))
        return {"output": concat(sides), **result}


torch_concat = lambda parts: torch.cat(parts, -1)
numpy_concat = lambda parts: np.concatenate(parts, -1)


# ---------------------------------------------------------------- PyTorch's modules
# Our names to PyTorch's and back. A PyTorch cell has two biases where the equations have one: the second (b_hh) is given
# numbers of its own here and the first makes up the difference, so that a mistake in adding them shows.


def assemble(kind, weights, spare):
    """PyTorch's four arrays for one layer and direction. spare: numbers for the bias that is one too many."""
    w = weights
    if kind == "RNN":
        return w["W"], w["U"], w["b"] - spare, spare
    if kind == "LSTM":  # PyTorch's order of gates: i, f, g, o; the +1 of lstm.rnn goes into its forget bias
        one = {"i": 0, "f": 1, "g": 0, "o": 0}
        bias = np.concatenate([w[f"b.{k}"] + one[k] for k in "ifgo"])
        return (np.concatenate([w[f"W.{k}.x"] for k in "ifgo"]), np.concatenate([w[f"W.{k}.h"] for k in "ifgo"]),
                bias - spare, spare)
    if kind == "GRU":  # PyTorch's order: r, z, n; its b_hn stays inside the reset product and is a weight: c.n
        m = len(w["b.r"])
        second = np.concatenate([spare[:2 * m], w["c.n"]])
        first = np.concatenate([w["b.r"], w["b.z"], w["b.n"]])
        first[:2 * m] -= spare[:2 * m]
        return (np.concatenate([w[f"W.{k}.x"] for k in "rzn"]), np.concatenate([w[f"W.{k}.h"] for k in "rzn"]),
                first, second)


def take_apart(kind, where, grads):
    """Gradients of PyTorch's four arrays, under our names."""
    x, h, first, second = grads
    m = h.shape[1]
    part = lambda a, at: a[at * m:(at + 1) * m]
    same = len(first) if kind != "GRU" else 2 * m
    close("gradient of b_ih = gradient of b_hh", where, first[:same], second[:same])
    if kind == "RNN":
        return {"W": x, "U": h, "b": first}
    order = "ifgo" if kind == "LSTM" else "rzn"
    result = {}
    for at, k in enumerate(order):
        result.update({f"W.{k}.x": part(x, at), f"W.{k}.h": part(h, at), f"b.{k}": part(first, at)})
    if kind == "GRU":
        result["c.n"] = part(second, 2)
    return result


def module_run(kind, net, given, n, m, seed):
    """-> (values, leaves, take): the nn module over packed sequences; take(gradients) gives them our names."""
    if isinstance(net, Alone):
        parts, options = {"": "l0"}, {}
    elif isinstance(net, Stack):
        parts, options = {"0.": "l0", "1.": "l1"}, {"num_layers": 2}
    else:
        parts, options = {"forward.": "l0", "backward.": "l0_reverse"}, {"bidirectional": True}
    module = getattr(torch.nn, kind)(n, m, batch_first=True, **options)
    names = lambda end: [f"weight_ih_{end}", f"weight_hh_{end}", f"bias_ih_{end}", f"bias_hh_{end}"]
    noise = np.random.RandomState(seed)
    with torch.no_grad():
        for prefix, end in parts.items():
            spare = noise.uniform(-1, 1, getattr(module, f"bias_hh_{end}").shape)
            for name, value in zip(names(end), assemble(kind, under(prefix, given), spare)):
                getattr(module, name).copy_(torch.from_numpy(np.array(value)))
    x = torch.tensor(given["x"], requires_grad=True)
    starts = {k: torch.tensor(given[k], requires_grad=True) for k in given if k.startswith("start.")}
    states = {k: torch.stack([starts[f"start.{prefix}{k}"] for prefix in parts]) for k in net.cell.states}
    begin = (states["h"], states["c"]) if kind == "LSTM" else states["h"]
    packed = pack_padded_sequence(x, torch.tensor(given["lengths"]), batch_first=True, enforce_sorted=False)
    packed, end_states = module(packed, begin)
    output, lengths = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
    demand(lengths.tolist() == list(given["lengths"]), "packing kept the lengths")
    finals = dict(zip(net.cell.states, end_states if kind == "LSTM" else (end_states,)))
    values = {"output": output, **{f"final.{prefix}{k}": finals[k][at]
                                   for at, prefix in enumerate(parts) for k in net.cell.states}}
    weights = {name: getattr(module, name) for end in parts.values() for name in names(end)}
    leaves = {"x": x, **starts, **weights}

    def take(grads):
        result = {k: grads[k] for k in ("x", *starts)}
        for prefix, end in parts.items():
            result.update(over(prefix, take_apart(kind, f"{kind} {end}", [grads[name] for name in names(end)])))
        return result

    return values, leaves, take


# ---------------------------------------------------------------- values and gradients, each way


def is_leaf(name, value):
    return isinstance(value, np.ndarray) and value.dtype == np.float64 and name not in NOT_LEAVES


NOT_LEAVES = {"cotangent.output"}
plain = lambda t: t.detach().numpy().copy()


def by_torch(given, run):
    """run(given as tensors) -> values with a scalar `loss`. -> (values, gradients)"""
    leaves = {k: torch.tensor(v, requires_grad=True) for k, v in given.items() if is_leaf(k, v)}
    tensors = {k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}
    values = run({**tensors, **leaves})
    grads = torch.autograd.grad(values["loss"], list(leaves.values()))
    return {k: plain(v) for k, v in values.items()}, {k: plain(g) for k, g in zip(leaves, grads)}


def by_numpy(given, run):
    """The same by the complex step, entry by entry."""
    base = {k: v.astype(complex) if is_leaf(k, v) else v for k, v in given.items()}
    values = {k: np.asarray(v).real for k, v in run(base).items()}
    grads = {}
    for name, value in given.items():
        if is_leaf(name, value):
            grads[name] = np.zeros_like(value)
            for at in np.ndindex(value.shape):
                moved = base[name].copy()
                moved[at] += 1j * STEP
                grads[name][at] = run({**base, name: moved})["loss"].imag / STEP
    return values, grads


def central(where, given, run, grads, seed):
    """A few entries of each gradient, by central differences through torch."""
    pick = np.random.RandomState(seed)
    loss = lambda g: float(run({k: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for k, v in g.items()})["loss"])
    for name, grad in grads.items():
        for at in {tuple(pick.randint(0, size) for size in grad.shape) for _ in range(3)}:
            up, down = given[name].copy(), given[name].copy()
            up[at] += DIFFERENCE
            down[at] -= DIFFERENCE
            slope = (loss({**given, name: up}) - loss({**given, name: down})) / (up[at] - down[at])
            close("gradient, central differences", f"{where} {name}{list(at)}", slope, grad[at], COARSE)


def agree(where, what, first, second):
    for kind, a, b in (("values", first[0], second[0]), ("gradients", first[1], second[1])):
        demand(sorted(a) == sorted(b), f"{where}: {what}: the same names: {sorted(a)} {sorted(b)}")
        for name in a:
            close(f"{kind}, {what}", f"{where} {name}", a[name], b[name])


def clean(where, lengths, entries):
    """Zero beyond the end, exactly."""
    for name, value in entries.items():
        for b, length in enumerate(lengths):
            demand(not value[b, length:].any(), f"{where}: {name} is zero beyond the end")


# ---------------------------------------------------------------- cell cases

files = {}
SIZES = {  # name: T, B, n, m, lengths
    "ragged": (7, 4, 3, 5, [7, 3, 1, 5]),
    "full": (7, 4, 3, 5, [7, 7, 7, 7]),
    "one": (1, 1, 1, 1, [1]),
    "long-ragged": (12, 3, 2, 3, [11, 2, 6]),  # none reaches T
    "long-full": (12, 3, 2, 3, [12, 12, 12]),
}


def seed_of(*words):
    return zlib.crc32("/".join(words).encode())


def draw(random, lengths, T, shapes):
    return {k: random.uniform(-1, 1, s) for k, s in shapes.items()}


def cell_case(name, net, kind, size):
    """kind: the nn module that computes the same, or None. -> (given, values, gradients)"""
    T, B, n, m, lengths = SIZES[size]
    where = f"{name}-{size}"
    # The same numbers for ragged and full: the files differ in the lengths (and in the cotangents' zeros) alone.
    random = np.random.RandomState(seed_of(name, size.replace("ragged", "full")))
    given = {"x": random.normal(0, 1, (B, T, n)), "lengths": lengths, **draw(random, lengths, T, net.shapes(B, n, m))}
    given["cotangent.output"] = random.normal(0, 1, (B, T, net.width(m)))
    for b, length in enumerate(lengths):
        given["cotangent.output"][b, length:] = 0

    def torch_loss(values, g):
        return {**values, "loss": (values["output"] * g["cotangent.output"]).sum()}

    each = lambda g: torch_loss(net.run(torch_each, torch_concat, g), g)
    batch = lambda g: torch_loss(net.run(torch_batch, torch_concat, g), g)

    def numpy_run(g):
        values = net.run(numpy_each, numpy_concat, g)
        return {**values, "loss": np.sum(values["output"] * g["cotangent.output"])}

    truth = by_torch(given, each)
    agree(where, "loop over each sequence = batched loop with selection", truth, by_torch(given, batch))
    agree(where, "torch = NumPy and complex step", truth, by_numpy(given, numpy_run))
    central(where, given, each, truth[1], seed_of(where, "central"))
    if kind:
        def module_truth(g):
            values, leaves, take = module_run(kind, net, g, n, m, seed_of(where, "spare"))
            values = torch_loss(values, {"cotangent.output": torch.from_numpy(g["cotangent.output"])})
            grads = dict(zip(leaves, torch.autograd.grad(values["loss"], list(leaves.values()))))
            grads = take({k: g.detach() for k, g in grads.items()})
            return {k: plain(v) for k, v in values.items()}, {k: plain(v) for k, v in grads.items()}

        module = module_truth(given)
        agree(where, "nn module = own loop", module, truth)
        truth = module
        # The padding reaches nothing, not even a NaN: the module, and both loops, give the same numbers to the last bit.
        spoilt = {**given, "x": given["x"].copy()}
        for b, length in enumerate(lengths):
            spoilt["x"][b, length:] = np.nan
        again = module_truth(spoilt)
        for a, b in zip(truth, again):
            for k in a:
                demand(np.array_equal(a[k], b[k]), f"{where}: {k} does not depend on the padding")
        agree(where, "nn module = own loop, NaN in the padding", again, by_torch(spoilt, each))
        agree(where, "nn module = batched loop, NaN in the padding", again, by_torch(spoilt, batch))
    clean(where, lengths, {"output": truth[0]["output"], "grad.x": truth[1]["x"]})
    return given, *truth


def pack(given, values, grads):
    data = {k: np.array(v, np.int64) if k == "lengths" else v for k, v in given.items()}
    return {**data, **values, **over("grad.", grads)}


def cells():
    cases = [
        ("rnn", Alone(RNN), "RNN"),
        ("lstm", Alone(LSTM), "LSTM"),
        ("gru-reset-after", Alone(GRUAfter), "GRU"),
        ("gru-reset-before", Alone(GRUBefore), None),
        ("mingru", Alone(MinGRU), None),
        ("lstm-stack", Stack(LSTM), "LSTM"),
        ("gru-bidirectional", Both(GRUBefore), None),
    ]
    for name, net, kind in cases:
        for size in SIZES:
            given, values, grads = cell_case(name, net, kind, size)
            files[f"{name}-{size}"] = pack(given, values, grads)
            if (name, size) == ("lstm", "ragged"):
                spoilt = given["x"].copy()
                for b, length in enumerate(given["lengths"]):
                    spoilt[b, length:] = np.nan
                files["lstm-ragged-nan"] = pack({**given, "x": spoilt}, values, grads)
    # Not written: bidirectional and stacked loops against nn modules, for cells that PyTorch has.
    for size in SIZES:
        cell_case("check-gru-both", Both(GRUAfter), "GRU", size)
        cell_case("check-rnn-both", Both(RNN), "RNN", size)
        cell_case("check-lstm-both", Both(LSTM), "LSTM", size)
        cell_case("check-gru-stack", Stack(GRUAfter), "GRU", size)


# ---------------------------------------------------------------- models


def numpy_cross_entropy(logits, at):
    shifted = logits - np.max(logits.real)
    return np.log(np.sum(np.exp(shifted))) - shifted[at]


def char_lm():
    T, B, v, d, m, lengths = 7, 4, 6, 3, 5, [7, 3, 1, 5]
    where = "char-lm"
    random = np.random.RandomState(seed_of(where))
    given = {"lengths": lengths, "x": random.randint(0, v - 1, (B, T)), "y": random.randint(0, v - 1, (B, T)),
             "E": random.uniform(-1, 1, (v, d)), **draw(random, lengths, T, LSTM.weights(d, m)),
             "W.logits": random.uniform(-1, 1, (v, m)), "b.logits": random.uniform(-1, 1, (v,))}
    for b, length in enumerate(lengths):  # category v - 1 stands in the padding alone: its row of E has no gradient
        given["x"][b, length:] = v - 1
        given["y"][b, length:] = v - 1
    steps = sum(lengths)
    real = torch.tensor(lengths)[:, None] > torch.arange(T)
    zero = {k: np.zeros((B, m)) for k in "hc"}

    def read_out(g, h, finals):
        logits = torch.nn.functional.linear(h, g["W.logits"], g["b.logits"])
        logits = torch.where(real[..., None], logits, torch.zeros(()))
        each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), g["y"], reduction="none")
        each = torch.where(real, each, torch.zeros(()))
        # A second road to the same scalar: real rows gathered, PyTorch's own mean.
        mean = torch.nn.functional.cross_entropy(logits[real], g["y"][real])
        loss = each.sum() / steps
        close("char-lm, sum / count = mean over gathered rows", where, plain(loss), plain(mean))
        return {"h": h, **finals, "logits": logits, "loss.each": each, "loss": loss}

    def with_loop(loop):
        def run(g):
            h, finals = loop(LSTM, g, torch.nn.functional.embedding(g["x"], g["E"]), lengths,
                             {k: torch.from_numpy(z) for k, z in zero.items()})
            return read_out(g, h, over("final.", finals))
        return run

    def numpy_run(g):
        x = np.zeros((B, T, d), complex)
        for b, length in enumerate(lengths):
            for t in range(length):
                x[b, t] = g["E"][g["x"][b, t]]
        h, finals = numpy_each(LSTM, g, x, lengths, zero)
        logits, each = np.zeros((B, T, v), complex), np.zeros((B, T), complex)
        for b, length in enumerate(lengths):
            for t in range(length):
                logits[b, t] = g["W.logits"] @ h[b, t] + g["b.logits"]
                each[b, t] = numpy_cross_entropy(logits[b, t], g["y"][b, t])
        return {"h": h, **over("final.", finals), "logits": logits, "loss.each": each, "loss": np.sum(each) / steps}

    # nn.LSTM in the middle: forwards through it, its own gradients, and the embedding's by scattering those of its input.
    table = torch.tensor(given["E"], requires_grad=True)
    dense = {k: torch.tensor(given[k], requires_grad=True) for k in ("W.logits", "b.logits")}
    embedded = torch.nn.functional.embedding(torch.from_numpy(given["x"]), table)
    inner = {**given, "x": plain(embedded), **over("start.", zero)}
    values, leaves, take = module_run("LSTM", Alone(LSTM), inner, d, m, seed_of(where, "spare"))
    h = values.pop("output")
    values = read_out({**dense, "y": torch.from_numpy(given["y"])}, h, values)
    every = {**leaves, **dense}
    grads = {k: plain(g) for k, g in zip(every, torch.autograd.grad(values["loss"], list(every.values())))}
    inside = take(grads)
    (table_grad,) = torch.autograd.grad(embedded, [table], torch.from_numpy(inside.pop("x")))
    inside = {k: g for k, g in inside.items() if not k.startswith("start.")}
    truth = {k: plain(t) for k, t in values.items()}, {"E": plain(table_grad), **inside, **{k: grads[k] for k in dense}}

    own = by_torch(given, with_loop(torch_each))
    agree(where, "nn module = own loop", truth, own)
    agree(where, "loop over each sequence = batched loop with selection", own, by_torch(given, with_loop(torch_batch)))
    agree(where, "torch = NumPy and complex step", truth, by_numpy(given, numpy_run))
    central(where, given, with_loop(torch_each), truth[1], seed_of(where, "central"))
    clean(where, lengths, {k: truth[0][k] for k in ("h", "logits", "loss.each")})
    demand(not truth[1]["E"][v - 1].any(), "char-lm: the category of the padding has no gradient")
    files["char-lm"] = pack(given, *truth)
    files["char-lm"]["metric.bits_per_char"] = truth[0]["loss"] / np.log(2)


def polarity():
    T, B, v, d, m, lengths = 7, 4, 8, 3, 5, [7, 3, 1, 5]
    where = "polarity"
    random = np.random.RandomState(seed_of(where, "5"))  # the first few seeds give near ties in the maximum: see the end
    net = Both(GRUBefore)
    weights = {k: s for k, s in net.shapes(B, d, m).items() if not k.startswith("start.")}
    given = {"lengths": lengths, "word": random.randint(0, v - 1, (B, T)), "label": np.array([0, 1, 1, 0]),
             "E": random.uniform(-1, 1, (v, d)), **draw(random, lengths, T, weights),
             "W.logits": random.uniform(-1, 1, (2, 2 * m)), "b.logits": random.uniform(-1, 1, (2,))}
    for b, length in enumerate(lengths):
        given["word"][b, length:] = v - 1
    zero = {f"start.{way}.h": np.zeros((B, m)) for way in ("forward", "backward")}
    real = torch.tensor(lengths)[:, None] > torch.arange(T)

    def run_with(loop, pool):
        def run(g):
            inner = {**g, **{k: torch.from_numpy(z) for k, z in zero.items()},
                     "x": torch.nn.functional.embedding(g["word"], g["E"])}
            values = net.run(loop, torch_concat, inner)
            h = values.pop("output")
            pooled = pool(h)
            logits = torch.nn.functional.linear(pooled, g["W.logits"], g["b.logits"])
            each = torch.nn.functional.cross_entropy(logits, g["label"], reduction="none")
            close("polarity, sum / count = mean", where, plain(each.sum() / B),
                  plain(torch.nn.functional.cross_entropy(logits, g["label"])))
            return {"h": h, **values, "pooled": pooled, "logits": logits, "loss.each": each, "loss": each.sum() / B}
        return run

    def pool_each(h):  # max(dim) gives the gradient to one step; there are no ties (checked below)
        return torch.stack([h[b, :length].max(0).values for b, length in enumerate(lengths)])

    def pool_batch(h):
        return torch.where(real[..., None], h, torch.tensor(-np.inf)).amax(1)

    def numpy_run(g):
        x = np.zeros((B, T, d), complex)
        for b, length in enumerate(lengths):
            for t in range(length):
                x[b, t] = g["E"][g["word"][b, t]]
        values = net.run(numpy_each, numpy_concat, {**g, **zero, "x": x})
        h = values.pop("output")
        pooled, logits, each = np.zeros((B, 2 * m), complex), np.zeros((B, 2), complex), np.zeros(B, complex)
        for b, length in enumerate(lengths):
            for k in range(2 * m):
                pooled[b, k] = h[b, np.argmax(h[b, :length, k].real), k]
            logits[b] = g["W.logits"] @ pooled[b] + g["b.logits"]
            each[b] = numpy_cross_entropy(logits[b], g["label"][b])
        return {"h": h, **values, "pooled": pooled, "logits": logits, "loss.each": each, "loss": np.sum(each) / B}

    run = run_with(torch_each, pool_each)
    truth = by_torch(given, run)
    agree(where, "loop over each sequence = batched loop with selection", truth,
          by_torch(given, run_with(torch_batch, pool_batch)))
    agree(where, "torch = NumPy and complex step", truth, by_numpy(given, numpy_run))
    central(where, given, run, truth[1], seed_of(where, "central"))
    h = truth[0]["h"]
    clean(where, lengths, {"h": h})
    demand(not truth[1]["E"][v - 1].any(), "polarity: the category of the padding has no gradient")
    gaps = [np.diff(np.sort(h[b, :length], 0)[-2:], axis=0) for b, length in enumerate(lengths) if length > 1]
    demand(min(g.min() for g in gaps) > 1e-3, "polarity: the largest step of each feature is well apart from the next")
    demand(any((truth[0]["pooled"][b] < 0).any() for b in range(B) if lengths[b] < T),
           "polarity: a maximum of a short sequence is below zero, so that a padding of zeros would show")
    files["polarity"] = pack(given, *truth)
    files["polarity"]["metric.accuracy"] = np.mean(np.argmax(truth[0]["logits"], -1) == given["label"])


# ---------------------------------------------------------------- safetensors


def write(path, tensors):
    header, body, at = {}, [], 0
    for name, value in tensors.items():
        value = np.asarray(value)
        dtype = {"float64": "F64", "int64": "I64"}[value.dtype.name]
        raw = value.astype(value.dtype.newbyteorder("<")).tobytes()  # row by row
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [at, at + len(raw)]}
        body.append(raw)
        at += len(raw)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + b"".join(body))


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    (length,) = struct.unpack("<Q", raw[:8])
    header, body = json.loads(raw[8:8 + length]), raw[8 + length:]
    demand(length % 8 == 0, f"{path}: a header of a multiple of 8")
    result, at = {}, 0
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        demand(begin == at, f"{path}: no holes")
        result[name] = np.frombuffer(body[begin:end], {"F64": "<f8", "I64": "<i8"}[entry["dtype"]]).reshape(entry["shape"])
        at = end
    demand(at == len(body), f"{path}: nothing left over")
    return result


def main():
    cells()
    char_lm()
    polarity()
    os.makedirs(DATA, exist_ok=True)
    total = 0
    for name, tensors in files.items():
        path = os.path.join(DATA, name + ".safetensors")
        write(path, tensors)
        back = read(path)
        demand(list(back) == list(tensors), f"{name}: read back")
        for k in back:
            demand(np.array_equal(back[k], tensors[k], equal_nan=True), f"{name}: {k} read back")
            demand(k == "x" and name.endswith("-nan") or np.isfinite(back[k]).all(), f"{name}: {k} is finite")
        total += os.path.getsize(path)
    demand(total < 1 << 20, f"less than 1 MB in all, and not {total}")
    width = max(map(len, worst))
    for kind, error in worst.items():
        print(f"{kind:{width}}  {error:.1e}")
    print(f"{len(files)} files, {total} bytes, PyTorch {torch.__version__}, NumPy {np.__version__}")


main()
