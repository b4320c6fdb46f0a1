"""Controls that explorers share."""

from dataclasses import replace

from lifebook.data import load
from lifebook.evidence import ELEMENT_BYTES
from lifebook.explorer import Choice, Range
from lifebook.explorer.words import shown
from lifecost.catalog import Hardware, Model, hardware, models, post
from lifecost.serving import overheads
from lifecost.serving.cases import of_format
from lifecost.symbols import SYMBOLS

POST = post.bindings
LLAMAS = tuple(load("post")["n_params"])

# ---- models: all of the catalog, under the heading of what makes them differ


def _bindings(name: str, model: Model) -> dict[str, object]:
    # The post's three have the round parameter counts that it works with.
    return dict(post.model(name) if name in LLAMAS else model.bindings)


def _group(model: Model) -> str:
    families = {part.block.family for part in model.stack.parts}
    windows = {dict(part.block.sizes).get("window") for part in model.stack.parts} - {None}
    if families & {"delta_net", "kimi_delta", "mamba2", "lightning", "mamba"}:
        return "Hybrid: some layers keep a fixed state"
    if "latent" in families or "compressed" in families:
        return "Latent or compressed attention"
    if len(windows) > 1:
        return "Some layers see a window"
    return "Experts" if "experts" in families else "Dense"


def _hint(model: Model) -> str:
    total = shown(model.n_params, "count")
    active = shown(model.n_active_params, "count")
    return total if active == total else f"{active} of {total} active"


_ORDER = ("Dense", "Experts", "Latent or compressed attention", "Some layers see a window",
          "Hybrid: some layers keep a fixed state")  # fmt: skip
_MODELS = sorted(models, key=lambda name: _ORDER.index(_group(models[name])))
MODEL = Choice(
    "model",
    "Model",
    {name: _bindings(name, models[name]) for name in _MODELS},
    "llama-3-8b",
    {name: models[name].title for name in _MODELS},
    {name: _group(models[name]) for name in _MODELS},
    {name: _hint(models[name]) for name in _MODELS},
    catalog="models",
)


def only(choice: Choice, *names: str) -> Choice:
    """Return a choice of some of the options."""
    return replace(choice, options={name: choice.options[name] for name in names})


# For formulas that hold for plain decoders only.
PLAIN_MODEL = only(MODEL, *(name for name in _MODELS if models[name].is_plain))

# ---- devices: each at each of its precisions, the weights stored in as many bytes


def _device_hint(device: Hardware) -> str:
    return f"{shown(device.memory_bandwidth, 'B/s')}, {shown(device.memory_capacity, 'B')}"


def _short(device: Hardware) -> str:
    return device.title.removeprefix(device.vendor).removesuffix(" Edition").strip()


_DEVICES = {
    f"{name}-{precision}": (device, precision)
    for name, device in hardware.items()
    for precision in device.peak_flops
}
DEVICE = Choice(
    "device",
    "Chip",
    {name: {**device.at(precision), "weight_bytes": ELEMENT_BYTES[precision]}
     for name, (device, precision) in _DEVICES.items()},
    "h100-sxm-fp8",
    {name: f"{_short(device)}, {precision.upper()}"
     for name, (device, precision) in _DEVICES.items()},
    {name: f"{device.vendor}, {device.memory}" for name, (device, _) in _DEVICES.items()},
    {name: _device_hint(device) for name, (device, _) in _DEVICES.items()},
    catalog="devices",
)  # fmt: skip
# ---- what real chips reach; ``REACHED`` is what all generations share, and for a reader's own chip

_USUAL, _RESERVE = overheads["usual"], load("engines")["vllm"]["memory_reserve"]
REACHED = {
    **{name: value for name, value in vars(_USUAL).items() if name in SYMBOLS},
    "flops_share": _USUAL.flops_share["16"],
    "memory_reserve": _RESERVE,
}
_OWN = [
    name for name in REACHED if name in vars(_USUAL)
    and any(vars(one)[name] != vars(_USUAL)[name] for one in overheads.values())
]  # fmt: skip


def _reached(device: Hardware, precision: str) -> dict[str, float]:
    found = overheads[device.generation].at(device, of_format(precision)["arithmetic"])
    # Of what the datasheet says, less than the driver shows is lost too.
    left = (1 - _RESERVE) * found["memory_capacity"] / device.memory_capacity
    own = {name: found[name] for name in ("attention_peak", *_OWN)}
    return {**own, "memory_reserve": 1 - left}


SERVING_DEVICE = replace(
    DEVICE,
    options={name: {**DEVICE.options[name], **_reached(*of)} for name, of in _DEVICES.items()},
    implied={"attention_peak": "peak_flops"},
)
TESTED = tuple(n for n, (device, _) in _DEVICES.items() if overheads[device.generation].tested)
# The post counts with one round number of an H100.
POST_DEVICE = replace(
    DEVICE,
    options={"post": {**DEVICE.options[DEVICE.opening], "hoi": POST["hoi"]}, **DEVICE.options},
    opening="post",
    titles={"post": "H100 as the post rounds it", **DEVICE.titles},
    groups={"post": "The post", **DEVICE.groups},
    hints={"post": f"{POST['hoi']} FLOP/B", **DEVICE.hints},
)


BATCH = Range("batch", 1, 4096, POST["batch"], "Batch", per_double=16)
CONTEXT = Range("context", 128, 2**20, POST["context"], "Context", "context", per_double=16)
KV_BYTES = Range("kv_bytes", 0.25, 4, POST["kv_bytes"], "Cache", per_double=2)
HOI = Range("hoi", 50, 2000, POST["hoi"], "Intensity", step=10)
LENGTH = Range("draft_length", 1, 24, 4, "Guesses", step=1)
CHIPS = Range("tensor_parallel", 1, 1024, 1, "Chips", per_double=16)
