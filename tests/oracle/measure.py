"""Build a model with transformers on the meta device, and count what it holds."""

import itertools
import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.filterwarnings("ignore")

import torch
import torch.fx.experimental._config

# The operators of torchvision are compiled for another build of torch than the small one: they are
# named, so that its pure-Python part (which timm imports) loads, and never called.
_OPERATORS = torch.library.Library("torchvision", "DEF")
for _name in ("roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d"):
    _OPERATORS.define(f"{_name}(Tensor input) -> Tensor")
    _OPERATORS.define(f"_{_name}_backward(Tensor input) -> Tensor")
for _name in ("nms", "qnms", "qroi_align"):
    _OPERATORS.define(f"{_name}(Tensor input) -> Tensor")

from transformers import AutoModelForCausalLM, AutoModelForImageTextToText
from transformers.initialization import no_init_weights
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

CAUSAL = modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
IMAGE_TEXT = modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

torch.fx.experimental._config.meta_nonzero_assume_all_nonzero = True
torch.set_num_threads(1)
torch.set_grad_enabled(False)

TYPES = sorted({*CAUSAL, *IMAGE_TEXT})
CONTEXTS = (1, 100, 1_000_000)
TOKENS = 3  # of the forward pass: unlike any batch size, so that an axis is recognized
# Parts of other modalities that some types hold within their decoder.
SENSES = re.compile(r"(^|\.)(vqmodel|(vision|image|audio|visual)_\w+|multi_modal_projector)\.")
SMALL = 30_000_000  # a model that is run on the processor where meta will not do


@dataclass(frozen=True)
class Layer:
    """What the cache of one layer holds, in elements."""

    token: int = 0  # keys and values, or a latent, of each token
    window: int | None = None  # tokens that it holds at most; None: all
    indexer: int = 0  # keys of an indexer, of each token
    conv: int = 0  # fixed: the last inputs of a convolution
    recurrent: int = 0  # fixed: a state
    other: tuple = ()  # tensors that none of these describe: name and shape

    def held(self, context: int) -> int:
        tokens = context if self.window is None else min(context, self.window)
        return self.token * tokens + self.indexer * context

    def brief(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if v not in (0, None) and k != "other"}


@dataclass
class Count:
    """What one configuration holds."""

    built: str  # the class
    parameters: int
    left_out: dict[str, int]  # parts that are no text, by name
    buffers: dict[str, int]  # of the text part, in checkpoints, by last name
    active: int | None
    experts: list[list[int]]  # [how many layers, experts of each, taken for each token]
    layers: list[Layer] | None
    # By context: entries of compressed caches, by name, and what waits to be compressed.
    compressed: dict[int, dict[str, int]] = field(default_factory=dict)
    pending: dict[int, dict[str, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def held(self, context: int) -> int:
        """Return what the cache holds after a context of that many tokens."""
        entries = self.compressed.get(context, {}).values()
        return sum(layer.held(context) for layer in self.layers) + sum(entries)

    def row(self) -> dict[str, Any]:
        """Return what a record holds of it."""
        kv = state = runs = None
        if self.layers is not None:
            kv = {str(context): self.held(context) for context in CONTEXTS}
            state = {
                "conv": sum(layer.conv for layer in self.layers),
                "recurrent": sum(layer.recurrent for layer in self.layers),
            }
            briefs = itertools.groupby(layer.brief() for layer in self.layers)
            runs = [[len(list(group)), brief] for brief, group in briefs]
        return {
            "class": self.built,
            "parameters": self.parameters,
            "left_out": self.left_out,
            "buffers": self.buffers,
            "active": self.active,
            "experts": self.experts,
            "kv": kv,
            "state": state,
            "layers": runs,
            **({"compressed": self.compressed, "pending": self.pending} if self.compressed else {}),
            "notes": "; ".join(dict.fromkeys(self.notes)),
        }


def read(model_type: str, config: dict[str, Any]) -> Any:
    """Return the library's configuration of a config.json."""
    return CONFIG_MAPPING[model_type].from_dict({**config, "model_type": model_type})


def build(config: Any, device: str = "meta") -> torch.nn.Module:
    """Return the model that the library makes of it, without values."""
    auto = AutoModelForCausalLM if config.model_type in CAUSAL else AutoModelForImageTextToText
    with torch.device(device), no_init_weights():
        model = auto.from_config(config)
    model.tie_weights()  # which is part of what was left out
    return model.eval()


def count(model_type: str, config: dict[str, Any]) -> Count:
    """Build the model of a config.json, pass a few tokens through it, and count."""
    parsed = read(model_type, config)
    model = build(parsed)
    notes: list[str] = []
    text, left_out = text_part(model)
    parameters = sum(p.numel() for p in text.values())
    buffers = persistent_buffers(model, left_out)
    taken: dict[str, int] = {}
    cache = None
    try:
        cache = forward(model, taken)
    except Exception as problem:
        if parameters + sum(left_out.values()) < SMALL:
            taken.clear()
            concrete = build(read(model_type, config), "cpu")
            for tensor in itertools.chain(concrete.parameters(), concrete.buffers()):
                if tensor.is_floating_point():
                    tensor.data.zero_()
            cache = forward(concrete, taken)
            notes.append("forward on the processor")
        else:
            notes.append(f"no forward: {type(problem).__name__}: {str(problem)[:100]}")
    active, experts = active_parameters(model, text, taken, notes)
    layers = cache_layers(cache, notes) if cache is not None else None
    if cache is None and not notes:
        notes.append("returns no cache")
    compressed, pending = {}, {}
    if layers is not None and any(layer.other for layer in layers):
        for context in CONTEXTS:  # as a prompt of that many tokens leaves it
            sizes: Counter[str] = Counter()
            for layer in cache_layers(forward(model, taken, context), []) or []:
                sizes.update({name: math.prod(shape) for name, shape in layer.other})
            compressed[context] = {k: n for k, n in sizes.items() if k.startswith("compressed")}
            pending[context] = {k: n for k, n in sizes.items() if not k.startswith("compressed")}
    built = type(model).__name__
    return Count(
        built, parameters, left_out, buffers, active, experts, layers, compressed, pending, notes
    )


def text_part(model: torch.nn.Module) -> tuple[dict[str, torch.nn.Parameter], dict[str, int]]:
    """Return the text decoder's parameters, tied ones once, and the sizes of all other parts."""
    everything = dict(model.named_parameters())
    if not [name for name in model.config.sub_configs if "text" not in name]:
        return everything, {}
    roots = [get_decoder(model), model.get_input_embeddings(), model.get_output_embeddings()]
    inside = {id(p) for root in roots if root is not None for p in root.parameters()}
    inside |= {id(p) for name, p in everything.items() if name.startswith("lm_head")}
    text = {
        name: p for name, p in everything.items() if id(p) in inside and not SENSES.search(name)
    }
    left_out: Counter[str] = Counter()
    for name, p in everything.items():
        if name not in text:
            parts = name.split(".")
            left_out[".".join(parts[: 2 if parts[0] == "model" else 1])] += p.numel()
    return text, dict(left_out)


def get_decoder(model: torch.nn.Module) -> torch.nn.Module:
    """Return the module that turns tokens into hidden states."""
    decoder = model.get_decoder()
    while decoder is not None and (inner := getattr(decoder, "language_model", None)) is not None:
        decoder = inner
    return decoder if decoder is not None else model


def persistent_buffers(model: torch.nn.Module, left_out: dict[str, int]) -> dict[str, int]:
    """Return what a checkpoint holds beside parameters, in the text part, by last name."""
    saved, parameters = model.state_dict(keep_vars=True), dict(
        model.named_parameters(remove_duplicate=False)
    )  # fmt: skip
    found: Counter[str] = Counter()
    for name, tensor in saved.items():
        if name not in parameters and not name.startswith(tuple(f"{part}." for part in left_out)):
            found[name.rsplit(".", 1)[-1]] += tensor.numel()
    return dict(found)


def forward(model: torch.nn.Module, taken: dict[str, int], tokens: int = TOKENS) -> Any:
    """Pass tokens through the decoder; return its cache, and the experts that each layer takes."""
    for name, module in model.named_modules():
        if is_experts(module):
            module.forward = _recorder(name, taken)
    device = next(model.parameters()).device
    inputs = {"input_ids": torch.ones(1, tokens, dtype=torch.long, device=device)}
    first = None
    for target, guess in itertools.product((get_decoder(model), model), (True, False)):
        try:
            with guessing(guess):
                out = target(**inputs, use_cache=True)
        except Exception as problem:
            first = first or problem
            continue
        for name in ("past_key_values", "cache", "cache_params", "state"):
            if getattr(out, name, None) is not None:
                return getattr(out, name)
        return None  # nothing is kept
    raise first


@contextmanager
def guessing(answer: bool) -> Iterator[None]:
    """Answer questions about values, which meta has not, such as whether a mask is all ones."""
    kept = torch.Tensor.__bool__, torch.Tensor.item
    torch.Tensor.__bool__ = lambda self: answer if self.is_meta else kept[0](self)
    torch.Tensor.item = lambda self: 1 if self.is_meta else kept[1](self)
    try:
        yield
    finally:
        torch.Tensor.__bool__, torch.Tensor.item = kept


def is_experts(module: torch.nn.Module) -> bool:
    """Say whether a module holds the weights of all routed experts, stacked."""
    return type(module).__name__.endswith("Experts") and bool(stacked(module))


def stacked(module: torch.nn.Module) -> dict[str, tuple[torch.nn.Parameter, int]]:
    """Return the parameters that each expert has a part of, and how many experts have one."""
    own = {name: p for name, p in module.named_parameters() if p.dim() >= 2}
    if number := getattr(
        getattr(module, "mlp", None), "moe_num_experts", None
    ):  # DBRX: one below another
        return {name: (p, number) for name, p in own.items()}
    numbers = {p.shape[0] for p in own.values() if p.dim() == 3}
    return {name: (p, p.shape[0]) for name, p in own.items() if p.shape[0] in numbers}


def _recorder(name: str, taken: dict[str, int]) -> Any:
    def forward(hidden: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        for value in (*args, *kwargs.values()):
            if isinstance(value, torch.Tensor) and value.dtype in (torch.int64, torch.int32):
                taken[name] = value.shape[-1]
                break
        return torch.empty_like(hidden)

    return forward


def active_parameters(
    model: torch.nn.Module, text: dict[str, Any], taken: dict[str, int], notes: list[str]
) -> tuple[int | None, list[list[int]]]:
    """Return the parameters without the routed experts that a token does not take."""
    idle, found, known = 0, [], True
    for name, module in model.named_modules():
        if not is_experts(module) or not any(f"{name}.{k}" in text for k in stacked(module)):
            continue
        taken_here = taken.get(name) or _top_k(model, name)
        if taken_here is None:
            notes.append(f"experts taken not found: {name}")
            known = False
            continue
        for parameter, number in stacked(module).values():
            idle += parameter.numel() // number * (number - taken_here)
        found.append((max(number for _, number in stacked(module).values()), taken_here))
    total = sum(p.numel() for p in text.values())
    runs = [[len(list(group)), n, k] for (n, k), group in itertools.groupby(found)]
    return (total - idle if known else None), runs


def _top_k(model: torch.nn.Module, name: str) -> int | None:
    """Return what the router beside the experts says."""
    parent = model.get_submodule(name.rsplit(".", 1)[0])
    for module in parent.modules():
        for key in ("top_k", "num_experts_per_tok", "moe_top_k", "topk"):
            if isinstance(value := getattr(module, key, None), int) and value:
                return value
    return None


def cache_layers(cache: Any, notes: list[str]) -> list[Layer] | None:
    """Return what each layer of the cache holds."""
    if isinstance(cache, list) and all(isinstance(x, torch.Tensor) for x in cache):  # RWKV
        notes.append("one state for all layers")
        return [Layer(recurrent=sum(x.numel() for x in cache))]
    if isinstance(states := getattr(cache, "rnn_state", None), dict):  # xLSTM
        return [Layer(recurrent=sum(x.numel() for x in state)) for state in states.values()]
    cache = getattr(cache, "self_attention_cache", cache)
    layers = getattr(cache, "layers", None)
    if not isinstance(layers, list):
        notes.append(f"cache of another kind: {type(cache).__name__}")
        return None
    found = [_layer(layer, notes) for layer in layers]
    linear = getattr(cache, "linear_cache", [])  # MiniMax-01 keeps its states beside the layers
    found += [Layer()] * (len(linear) - len(found))
    for index, state in enumerate(linear):
        if isinstance(state, torch.Tensor):
            found[index] = replace(found[index], recurrent=state.numel())
    return found


def _layer(layer: Any, notes: list[str]) -> Layer:
    tensors = {
        name: value
        for name, value in _tensors("", layer)
        if value.is_floating_point() and value.numel()
    }
    token = indexer = conv = recurrent = 0
    other = []
    window = getattr(layer, "sliding_window", None)
    if "prefill_keys" in tensors:
        window = None
        notes.append("the prompt stays whole, only what is decoded is windowed")
    if tensors.get("values") is not None and tensors["values"] is tensors.get("keys"):
        del tensors["values"]
        notes.append("keys are values")
    for name, value in tensors.items():
        per_token, rest = divmod(value.numel(), value.shape[-2]) if value.dim() > 1 else (0, 1)
        if name in ("keys", "values", "prefill_keys", "prefill_values"):
            if rest or (window is None and value.shape[-2] != TOKENS):
                notes.append(f"{name} of shape {list(value.shape)}")
            if value.shape[-1] == 1:  # of which rotary embeddings make two, by broadcasting
                notes.append("no forward: heads of one element")
            token += per_token
        elif name in ("indexer_keys", "idx_keys"):
            indexer += per_token
        elif name.startswith("conv_states"):
            conv += value.numel()
        elif name.startswith("recurrent_states"):
            recurrent += value.numel()
        else:
            other.append((name, tuple(value.shape)))
    return Layer(token, window if token else None, indexer, conv, recurrent, tuple(other))


def _tensors(name: str, value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _tensors(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, (list, tuple)):
        for key, inner in enumerate(value):
            yield from _tensors(f"{name}.{key}", inner)
    elif not name and hasattr(value, "__dict__"):
        yield from _tensors("", vars(value))
