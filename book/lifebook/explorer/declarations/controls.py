"""Controls that explorers share."""

from dataclasses import replace

from lifebook.data import load
from lifebook.evidence import ELEMENT_BYTES
from lifebook.explorer import Choice, Range
from lifecost.catalog import hardware, models, post

POST = post.bindings
LLAMAS = tuple(load("post")["n_params"])

_TITLES = {name: model.title for name, model in models.items() if model.is_plain}

# The post's three models with its round parameter counts; each knows its row in a picture.
POST_MODEL = Choice(
    "model",
    "model",
    {name: {**post.model(name), "row": row} for row, name in enumerate(LLAMAS)},
    "llama-3-8b",
    {name: _TITLES[name] for name in LLAMAS},
)
# The others as they are: those that are plain dense decoders, as the script's formulas are.
MODEL = Choice(
    "model",
    "model",
    {**{name: post.model(name) for name in LLAMAS},
     **{name: m.bindings for name, m in models.items() if name in _TITLES and name not in LLAMAS}},
    "llama-3-8b",
    _TITLES,
)  # fmt: skip
BATCH = Range("batch", 1, 4096, POST["batch"])
CONTEXT = Range("context", 128, 2**20, POST["context"])
KV_BYTES = Range("kv_bytes", 0.25, 4, POST["kv_bytes"], step=0.25)
HOI = Range("hoi", 50, 2000, POST["hoi"], step=10)
# Each device at each of its precisions, the weights stored in as many bytes.
_AT = {
    f"{name}-{precision}": (device, precision)
    for name, device in hardware.items()
    for precision in device.peak_flops
}
DEVICE = Choice(
    "device",
    "device and precision",
    {name: {**device.at(precision), "weight_bytes": ELEMENT_BYTES[precision]}
     for name, (device, precision) in _AT.items()},
    "h100-sxm-fp8",
    {name: f"{device.title}, {precision}" for name, (device, precision) in _AT.items()},
    {name: f"{device.vendor}, {device.memory}" for name, (device, _) in _AT.items()},
)  # fmt: skip


def without_bytes(device: Choice) -> Choice:
    """Return a choice of devices that leaves open in how many bytes the weights are stored."""
    options = {
        name: {symbol: value for symbol, value in bound.items() if symbol != "weight_bytes"}
        for name, bound in device.options.items()
    }
    return replace(device, options=options)


CHIPS = Range("n_chip", 1, 1024, 1)
