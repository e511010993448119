#!/usr/bin/python3
"""ONNX's answers for RNN, LSTM and GRU as safetensors: its operator tests, and further ones by its reference operators.

    /usr/bin/python3 make.py CLONE        CLONE: a clone of github.com/onnx/onnx, with its tags

Three sources, all read out of the clone by `git show`, so that it needs no build and no work tree:

  1. the operator tests as ONNX published them last, protobuf files at the tag PUBLISHED. (ONNX has since taken such
     files out of its repository; they are made anew at each run of its tests.)
  2. the operator tests that came after that, from the Python cases that ONNX makes them from, at the commit NEWEST;
  3. ONNX's reference operators at NEWEST. They leave sequence_lens out, so each sequence is given to them alone, cut to
     its length; that is what ONNX's text says a length means. They compute in float64 here.

Invariant: nothing is written before every check has passed. All numbers are computed a second time, in `by_the_text`,
written from the equations in ONNX's operator documentation, one sequence at a time, in float64. See README.md beside.
"""
import json
import os
import struct
import subprocess
import sys
import types
import zlib

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
import numpy as np

PUBLISHED = "v1.22.0"
NEWEST = "f7546912001bc31e92a238b17068a21b373d882e"  # 1.23.0 in the making, August 2026
NODE_TESTS = "onnx/backend/test/data/node"
CASES = "onnx/backend/test/case/node"
REFERENCE = "onnx/reference/ops"

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
SINGLE = 1e-6  # what ONNX computed in float32, against float64 (absolute, and relative to the largest entry above 1)
CLOSE = 1e-14  # float64 against float64


def git(*words):
    return subprocess.run(["git", "-C", sys.argv[1], *words], check=True, stdout=subprocess.PIPE).stdout


# ---------------------------------------------------------------- checks

worst = {}


def demand(truth, what):
    if not truth:
        sys.exit(f"not so: {what}")


def close(kind, where, a, b, tolerance):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    demand(a.shape == b.shape, f"{where}: {kind}: shapes {a.shape} and {b.shape}")
    demand(np.isfinite(a).all() and np.isfinite(b).all(), f"{where}: {kind}: finite")
    error = float(np.max(np.abs(a - b))) / max(1.0, float(np.max(np.abs(b))))
    demand(error <= tolerance, f"{where}: {kind}: off by {error:.3e}")
    worst[kind] = max(worst.get(kind, 0.0), error)


# ---------------------------------------------------------------- a case: an operator, attributes, arrays by ONNX's names

INPUTS = {"RNN": ["X", "W", "R", "B", "sequence_lens", "initial_h"],
          "GRU": ["X", "W", "R", "B", "sequence_lens", "initial_h"],
          "LSTM": ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]}
OUTPUTS = {"RNN": ["Y", "Y_h"], "GRU": ["Y", "Y_h"], "LSTM": ["Y", "Y_h", "Y_c"]}
DEFAULTS = {"direction": "forward", "layout": 0, "linear_before_reset": 0}


class Case:
    """`inputs` and `outputs` are by the operator's own names: optional ones that are not used are not there."""

    def __init__(self, operator, attributes, inputs, outputs):
        known = {*DEFAULTS, "hidden_size"}
        demand(set(attributes) <= known, f"{operator} has no attributes but {known}, and not {set(attributes)}")
        self.operator, self.inputs, self.outputs = operator, inputs, outputs
        self.attributes = {**DEFAULTS, **attributes}
        del self.attributes["hidden_size"]
        demand(attributes["hidden_size"] == inputs["R"].shape[-1], f"the hidden size of {operator}")


# ---------------------------------------------------------------- protobuf, as much as an operator test has of it


def varint(raw, at):
    """The number at a place, and the place behind it: seven bits a byte, the lowest first."""
    value = shift = 0
    while True:
        value |= (raw[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if raw[at - 1] < 128:
            return value, at


def fields(raw):
    """(number, value) of a message; a value is a number, or bytes."""
    at = 0
    while at < len(raw):
        tag, at = varint(raw, at)
        demand(tag & 7 in (0, 2), f"wire type {tag & 7}")
        value, at = varint(raw, at)
        if tag & 7 == 2:
            value, at = raw[at:at + value], at + value
        yield tag >> 3, value


def every(raw, number):
    return [value for n, value in fields(raw) if n == number]


def tensor(raw):  # TensorProto: dims 1, data_type 2, raw_data 9
    (kind,), (data,) = every(raw, 2), every(raw, 9)
    return np.frombuffer(data, {1: "<f4", 6: "<i4"}[kind]).reshape(every(raw, 1))


def attribute(raw):  # AttributeProto: name 1, i 3, s 4, type 20
    (name,), (kind,) = every(raw, 1), every(raw, 20)
    demand(kind in (2, 3), f"attribute {name} is a number or a string")
    return name.decode(), every(raw, 3)[0] if kind == 2 else every(raw, 4)[0].decode()


def by_name(names, arrays):
    """The operator's arrays, from those of the places that are used."""
    arrays = iter(arrays)
    return {name: next(arrays) for name, used in names if used}


def published(name):
    def read(file):
        return git("show", f"{PUBLISHED}:{NODE_TESTS}/{name}/{file}")

    (graph,) = every(read("model.onnx"), 7)  # ModelProto: graph 7; GraphProto: node 1
    (node,) = every(graph, 1)                # NodeProto: input 1, output 2, op_type 4, attribute 5
    (operator,) = every(node, 4)
    operator = operator.decode()

    def arrays(number, places, file):
        used = every(node, number)
        files = [tensor(read(f"test_data_set_0/{file}_{k}.pb")) for k in range(sum(u != b"" for u in used))]
        return by_name(zip(places, [u != b"" for u in used]), files)

    return Case(operator, dict(map(attribute, every(node, 5))),
                arrays(1, INPUTS[operator], "input"), arrays(2, OUTPUTS[operator], "output"))


# ---------------------------------------------------------------- ONNX's Python, with as much of its package as it asks for


def module(name, **contents):
    sys.modules[name] = made = types.ModuleType(name)
    made.__dict__.update(contents)
    return made


def execute(path):
    space = {}
    exec(compile(git("show", f"{NEWEST}:{path}"), path, "exec"), space)  # pylint: disable=exec-used
    return space


def cases():
    """Every operator test that ONNX's cases make, by name."""
    found = {}

    def make_node(operator, inputs, outputs, **attributes):
        return operator, inputs, outputs, attributes

    def expect(node, inputs, outputs, name):
        operator, input_names, output_names, attributes = node
        found[name] = Case(operator, attributes,
                           by_name([(n, n in input_names) for n in INPUTS[operator]], inputs),
                           by_name(zip(OUTPUTS[operator], [n != "" for n in output_names]), outputs))

    module("onnx", helper=types.SimpleNamespace(make_node=make_node))
    module("onnx.backend.test.case.base", Base=object)
    module("onnx.backend.test.case.node", expect=expect)
    np.random.seed(0)
    for operator in INPUTS:
        made = execute(f"{CASES}/{operator.lower()}.py")[operator]
        for name in [n for n in vars(made) if n.startswith("export_")]:
            getattr(made, name)()
    return found


class OpRun:
    def __init__(self, node, attributes):
        self.__dict__.update(activation_alpha=None, activation_beta=None, activations=["Tanh", "Tanh"], **attributes)


def reference_operators():
    module("onnx.reference.op_run", OpRun=OpRun)
    classes = {"RNN": "RNN_14", "GRU": "GRU", "LSTM": "LSTM"}
    return {operator: execute(f"{REFERENCE}/op_{operator.lower()}.py")[name] for operator, name in classes.items()}


def batch_axes(layout):
    """Where the batch stands in X, in a state, in Y."""
    return (0, 0, 0) if layout == 1 else (1, 1, 2)


def by_the_reference(operators, operator, attributes, inputs):
    """Each sequence alone, cut to its length, through ONNX's own operator."""
    layout = attributes["layout"]
    time = 1 - batch_axes(layout)[0]
    in_x, in_state, in_y = batch_axes(layout)
    names = OUTPUTS[operator]
    run = operators[operator](types.SimpleNamespace(output=names), attributes)._run
    weights = {k: inputs[k] for k in ("W", "R", "B", "P") if k in inputs}
    states = [k for k in ("initial_h", "initial_c") if k in inputs]
    T = inputs["X"].shape[time]
    rows = []
    for b, length in enumerate(lengths_of(inputs, layout)):
        one = {k: np.take(inputs[k], [b], in_state) for k in states}
        x = np.take(np.take(inputs["X"], [b], in_x), range(length), time)
        Y, *finals = run(X=x, layout=layout, **weights, **one)
        ends = [(0, 0)] * 4
        ends[1 if layout == 1 else 0] = (0, T - length)
        rows.append([np.pad(Y, ends), *finals])
    return {name: np.concatenate([row[k] for row in rows], in_y if k == 0 else in_state)
            for k, name in enumerate(names)}


# ---------------------------------------------------------------- a second time, from the text of the operators


def lengths_of(inputs, layout):
    X = inputs["X"]
    B, T = X.shape[:2] if layout == 1 else X.shape[1::-1]
    return [int(n) for n in inputs.get("sequence_lens", [T] * B)]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def step(operator, lbr, w, x, H, C):
    """One step of one sequence. Names and order of the gates as in ONNX's text: iofc, zrh, i."""
    rows = w["R"].shape[0]
    Wb, Rb = w["B"][:rows], w["B"][rows:]
    m = w["R"].shape[1]

    def part(a, k):
        return a[k * m:(k + 1) * m]

    def both(k):
        return part(w["W"], k) @ x + part(w["R"], k) @ H + part(Wb, k) + part(Rb, k)

    if operator == "RNN":
        return np.tanh(both(0)), C
    if operator == "GRU":
        z, r = sigmoid(both(0)), sigmoid(both(1))
        if lbr == 0:
            h = np.tanh(part(w["W"], 2) @ x + part(w["R"], 2) @ (r * H) + part(Rb, 2) + part(Wb, 2))
        else:
            h = np.tanh(part(w["W"], 2) @ x + r * (part(w["R"], 2) @ H + part(Rb, 2)) + part(Wb, 2))
        return (1 - z) * h + z * H, C
    P = w["P"]
    i = sigmoid(both(0) + part(P, 0) * C)
    f = sigmoid(both(2) + part(P, 2) * C)
    C = f * C + i * np.tanh(both(3))
    o = sigmoid(both(1) + part(P, 1) * C)
    return o * np.tanh(C), C


def by_the_text(operator, attributes, inputs):
    layout = attributes["layout"]
    X = inputs["X"].astype(np.float64)
    X = X if layout == 1 else X.swapaxes(0, 1)
    B, T = X.shape[:2]
    D, _, m = inputs["R"].shape
    zeros = {"B": np.zeros((D, 2 * inputs["R"].shape[1])), "P": np.zeros((D, 3 * m)),
             "initial_h": np.zeros((B, D, m)), "initial_c": np.zeros((B, D, m))}
    given = {k: inputs[k].astype(np.float64) if k in inputs else zeros.get(k)
             for k in ("W", "R", "B", "P", "initial_h", "initial_c")}
    for k in ("initial_h", "initial_c"):
        if k in inputs and layout == 0:
            given[k] = given[k].swapaxes(0, 1)
    Y, Y_h, Y_c = np.zeros((B, T, D, m)), np.zeros((B, D, m)), np.zeros((B, D, m))
    for b, length in enumerate(lengths_of(inputs, layout)):
        for d in range(D):
            w = {k: given[k][d] for k in ("W", "R", "B", "P")}
            H, C = given["initial_h"][b, d], given["initial_c"][b, d]
            backward = attributes["direction"] == "reverse" or d == 1
            for t in reversed(range(length)) if backward else range(length):
                H, C = step(operator, attributes["linear_before_reset"], w, X[b, t], H, C)
                Y[b, t, d] = H
            Y_h[b, d], Y_c[b, d] = H, C
    made = {"Y": Y, "Y_h": Y_h, "Y_c": Y_c}
    if layout == 0:
        made = {"Y": Y.transpose(1, 2, 0, 3), "Y_h": Y_h.swapaxes(0, 1), "Y_c": Y_c.swapaxes(0, 1)}
    return {name: made[name] for name in OUTPUTS[operator]}


def check(kind, where, case, tolerance):
    expected = by_the_text(case.operator, case.attributes, case.inputs)
    demand(len(case.outputs) > 0, f"{where} has outputs")
    for name, value in case.outputs.items():
        close(kind, f"{where}, {name}", value, expected[name], tolerance)


# ---------------------------------------------------------------- what is made

files = {}  # path: (tensors, metadata)


def operator_tests():
    listed = git("ls-tree", "--name-only", f"{PUBLISHED}:{NODE_TESTS}").decode().split()
    names = [n for n in listed if any(n.startswith(f"test_{o}_") for o in ("rnn", "simple_rnn", "lstm", "gru"))]
    newer = cases()
    demand(set(names) <= set(newer), "ONNX's cases still make every published test")
    for name, case in sorted(newer.items()):
        check("the Python cases are what the text says", name, case, SINGLE)
        source = f"{NEWEST}:{CASES}/{case.operator.lower()}.py"
        if name in names:
            agree(name, case, published(name))
            case = published(name)
            check("the published tests are what the text says", name, case, SINGLE)
            source = f"{PUBLISHED}:{NODE_TESTS}/{name}"
        metadata = {"operator": case.operator, **{k: str(v) for k, v in case.attributes.items()}, "source": source}
        files[f"operator-tests/{name}"] = {**case.inputs, **case.outputs}, metadata


def agree(name, made, known):
    """A published test is what its case makes now; where that draws weights by chance, in everything else."""
    demand((made.operator, made.attributes) == (known.operator, known.attributes), f"{name}: the same node")
    demand(list(made.inputs) == list(known.inputs) and list(made.outputs) == list(known.outputs), f"{name}: the same")
    chance = name.endswith("_seq_length")
    for key in [*known.inputs, *known.outputs]:
        a, b = ({**c.inputs, **c.outputs}[key] for c in (made, known))
        demand((a.shape, a.dtype) == (b.shape, b.dtype), f"{name}, {key}: the same shape")
        if key == "X" or not chance:
            close("the published tests are what the Python cases make", f"{name}, {key}", a, b, SINGLE)


T, B, n, m = 5, 3, 2, 5
LENGTHS = [5, 1, 3]
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
VARIANTS = {"rnn": ("RNN", {}, False), "lstm": ("LSTM", {}, False), "peephole-lstm": ("LSTM", {}, True),
            "gru": ("GRU", {}, False), "gru-linear-before-reset": ("GRU", {"linear_before_reset": 1}, False)}


def draw(name, *shape):
    """Between -1 and 1, by the name; numbers that float32 holds, so that every target is given the same."""
    values = np.random.RandomState(zlib.crc32(name.encode())).uniform(-1, 1, shape)
    return values.astype(np.float32).astype(np.float64)


def further():
    operators = reference_operators()
    for variant, (operator, more, peepholes) in VARIANTS.items():
        rows = GATES[operator] * m
        shapes = {"X": (T, B, n), "W": (2, rows, n), "R": (2, rows, m), "B": (2, 2 * rows), "initial_h": (2, B, m)}
        if operator == "LSTM":
            shapes["initial_c"] = (2, B, m)
        if peepholes:
            shapes["P"] = (2, 3 * m)
        drawn = {k: draw(f"{variant}.{k}", *shape) for k, shape in shapes.items()}
        states = [k for k in drawn if k.startswith("initial")]
        tensors = {"sequence_lens": np.array(LENGTHS, np.int32)}
        for k, value in drawn.items():
            if k == "X" or k in states:
                tensors.update({f"layout-0.{k}": value, f"layout-1.{k}": value.swapaxes(0, 1)})
            else:
                tensors[k] = value
        for direction, ways in (("forward", [0]), ("reverse", [1]), ("bidirectional", [0, 1])):
            for layout in (0, 1):
                attributes = {**DEFAULTS, **more, "direction": direction, "layout": layout}
                whole = {k: tensors[k][ways] for k in ("W", "R", "B", "P") if k in tensors}
                whole["X"] = tensors[f"layout-{layout}.X"]
                starts = {k: np.take(tensors[f"layout-{layout}.{k}"], ways, layout) for k in states}
                for start, given in (("zero", {}), ("start", starts)):
                    for ends, ragged in (("full", {}), ("ragged", {"sequence_lens": tensors["sequence_lens"]})):
                        inputs = {**whole, **given, **ragged}
                        where = f"{direction}.{start}.{ends}.layout-{layout}"
                        outputs = by_the_reference(operators, operator, attributes, inputs)
                        case = Case(operator, {**attributes, "hidden_size": m}, inputs, outputs)
                        check("the reference operators are what the text says", f"{variant}, {where}", case, CLOSE)
                        tensors.update({f"{where}.{k}": v for k, v in outputs.items()})
        metadata = {"operator": operator, "linear_before_reset": str(more.get("linear_before_reset", 0)),
                    "source": f"{NEWEST}:{REFERENCE}/op_{operator.lower()}.py"}
        files[f"further/{variant}"] = tensors, metadata


# ---------------------------------------------------------------- safetensors


def write(path, tensors, metadata):
    header, body, at = {"__metadata__": metadata}, [], 0
    for name, value in tensors.items():
        dtype = {"float64": "F64", "float32": "F32", "int32": "I32"}[value.dtype.name]
        raw = value.astype(value.dtype.newbyteorder("<")).tobytes()  # row by row
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [at, at + len(raw)]}
        body.append(raw)
        at += len(raw)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + b"".join(body))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make.py CLONE (of github.com/onnx/onnx)")
    operator_tests()
    further()
    total = 0
    for path, (tensors, metadata) in files.items():
        folder = os.path.join(DATA, os.path.dirname(path))
        os.makedirs(folder, exist_ok=True)
        file = os.path.join(DATA, f"{path}.safetensors")
        write(file, tensors, metadata)
        total += os.path.getsize(file)
    with open(os.path.join(DATA, "operator-tests", "LICENSE"), "wb") as file:
        file.write(git("show", f"{NEWEST}:LICENSE"))
    width = max(map(len, worst))
    for kind, error in worst.items():
        print(f"{kind:{width}}  {error:.1e}")
    print(f"{len(files)} files, {total} bytes, NumPy {np.__version__}")


main()
