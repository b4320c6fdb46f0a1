"""Random changes of a configuration: what its author could have written, large or odd."""

import copy
import re
import types
import typing
from random import Random
from typing import Any

from .measure import CONFIG_MAPPING
from .sources import NO_SHAPE, TEXT, text_of

DEPTH = re.compile(
    r"^(num_hidden_layers|n_layers?|num_layers|num_(de|en)coder_layers|(de|en)coder_layers"
    r"|num_blocks|depth|text_depth)$"
)
WINDOW = re.compile(r"window|attention_chunk_size|attn_chunk|local_attention")
FEW = re.compile(r"interval|_step$|_freq|pattern|period|every|offset|dense_replace|_rank$|group|"
                 r"shared_experts|n_shared|kernel|d_conv|conv_L|nextn|mtp|expand|num_kv_shared|"
                 r"dense_layers|skip|hash|hc_|altup")  # fmt: skip
TAKEN = re.compile(r"per_tok|top_?k|topk|activated|selected")
EXPERTS = re.compile(r"experts$|num_experts|n_experts|routed|e_num")
SOME = re.compile(r"(shared|dense|window|hash|moe)_layers$|dense_replace$")  # how many of them
HEADS = re.compile(r"head")
NO_FIELDS = (
    "model_type", "architectures", "sub_configs", "base_config_key", "is_encoder_decoder",
    "is_decoder", "default_theta", "has_no_defaults_at_init",
)  # fmt: skip
WIDTHS = (
    8,
    16,
    24,
    32,
    40,
    48,
    64,
    80,
    96,
    128,
    160,
    192,
    256,
    320,
    384,
    512,
    640,
    768,
    1024,
    1536,
)


def change(random: Random, base: dict[str, Any], model_type: str) -> dict[str, Any]:
    """Return a changed copy of a configuration, with few layers."""
    config = copy.deepcopy(base)
    text = text_of(config)
    shorten(random, text, random.choice((1, 2, 3, 4, 4, 5, 6, 8)))
    if text is not config and random.random() < 0.5 and "tie_word_embeddings" in {**config, **text}:
        flip(random, config if random.random() < 0.5 else text, "tie_word_embeddings")
    if random.random() < 0.3:
        resize_heads(random, text)
    names = fields(text, model_type)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        if names:
            alter(random, text, random.choice(names), model_type)
    return config


def fields(text: dict[str, Any], model_type: str) -> list[str]:
    """Return the names that may change shapes: those of the file and of the library's class."""
    declared = hints(text.get("model_type", model_type))
    aliases = getattr(CONFIG_MAPPING.get(text.get("model_type", model_type)), "attribute_map", {})
    names = {*text, *declared} - set(aliases) | set(text)
    return sorted(
        name
        for name in names
        if not NO_SHAPE.search(name)
        and not DEPTH.match(name)
        and name not in ("model_type", "architectures", "sub_configs", "base_config_key", *TEXT)
        and not name.startswith(("_", "base_model", "keys_to", "vision", "audio", "attribute_map"))
        and name
        not in ("is_encoder_decoder", "is_decoder", "default_theta", "has_no_defaults_at_init")
    )


def hints(model_type: str) -> dict[str, Any]:
    """Return the fields that a configuration class declares, with their types."""
    if model_type not in CONFIG_MAPPING:
        return {}
    own = [
        c
        for c in CONFIG_MAPPING[model_type].__mro__
        if c.__module__.startswith("transformers.models")
    ]
    found: dict[str, Any] = {}
    for cls in reversed(own):
        found |= {k: v for k, v in vars(cls).get("__annotations__", {}).items()}
    return found


def shorten(random: Random, text: dict[str, Any], layers: int) -> None:
    """Leave few layers; lists with an entry a layer follow, or are left to the library's rule."""
    depths = [name for name in text if DEPTH.match(name) and isinstance(text[name], int)]
    old = {text[name] for name in depths}
    for name in depths:
        text[name] = layers
    if isinstance(text.get("per_layer_config"), dict):  # fields of single layers, by their index
        own = {k: v for k, v in text["per_layer_config"].items() if int(k) < layers}
        if random.random() < 0.8:
            del text["per_layer_config"]
        else:
            text["per_layer_config"] = own
    for name, value in list(text.items()):
        if SOME.search(name) and type(value) is int and value:
            if random.random() < 0.8:
                text[name] = random.randrange(layers)
        elif isinstance(value, list) and value:
            by_layer = len(value) in old or (not depths and len(value) > 1)
            if by_layer and all(isinstance(x, str | int | float | None) for x in value):
                if depths and random.random() < 0.25:
                    del text[name]
                else:
                    text[name] = each_layer(random, value, layers)
            elif all(type(x) is int for x in value):  # which layers
                text[name] = sorted({random.randrange(layers) for _ in range(random.randint(0, 3))})
        elif isinstance(value, str) and (len(value) in old - {1, 2, 3} or "_pattern" in name):
            text[name] = "".join(random.choice(value) for _ in range(layers))


def each_layer(random: Random, value: list[Any], layers: int) -> list[Any]:
    """Return a shorter list of the same entries, most often with each kind of them."""
    if random.random() < 0.5:
        entries = [random.choice(value) for _ in range(layers)]
    else:
        start = random.randrange(len(value))
        entries = [value[(start + i) % len(value)] for i in range(layers)]
    distinct = list(dict.fromkeys(value))
    if len(distinct) <= layers and random.random() < 0.9:
        places = random.sample(range(layers), len(distinct))
        for place, entry in zip(places, distinct, strict=True):
            entries[place] = entry
    return entries


def resize_heads(random: Random, text: dict[str, Any]) -> None:
    """Choose heads, groups and their width together, as they must agree in most types."""
    heads = random.choice((1, 2, 3, 4, 6, 8, 12, 16, 20, 32))
    width = random.choice((8, 16, 32, 48, 64, 80, 96, 128))
    for name in (
        "num_attention_heads",
        "n_head",
        "n_heads",
        "num_heads",
        "decoder_attention_heads",
    ):
        if name in text and isinstance(text[name], int):
            text[name] = heads
    for name in ("num_key_value_heads", "num_kv_heads", "n_head_kv"):
        if isinstance(text.get(name), int):
            text[name] = random.choice([k for k in range(1, heads + 1) if heads % k == 0])
    if isinstance(text.get("head_dim"), int) and random.random() < 0.5:
        text["head_dim"] = width
        hidden = random.choice(WIDTHS[4:])
    else:
        hidden = heads * width
        if "head_dim" in text:
            text["head_dim"] = width
            if random.random() < 0.3:
                del text["head_dim"]
    for name in ("hidden_size", "n_embd", "d_model"):
        if name in text:
            text[name] = hidden


def alter(random: Random, text: dict[str, Any], name: str, model_type: str) -> None:
    """Change one field: to another value, to null, to nothing; or write it by its other name."""
    value = text.get(name)
    kinds = kinds_of(hints(text.get("model_type", model_type)).get(name))
    chance = random.random()
    if name in text and chance < 0.08:
        del text[name]
    elif chance < 0.14 and (type(None) in kinds or name in text):
        text[name] = None
    elif chance < 0.2 and name in text and (other := other_name(text, name, model_type)):
        text[other] = text.pop(name)
    elif isinstance(value, bool) or (value is None and bool in kinds):
        flip(random, text, name)
    elif isinstance(value, int) or (value is None and int in kinds):
        text[name] = number(random, name, value)
    elif isinstance(value, float):
        text[name] = random.choice((value, value * 2, value / 2, 1.0))
    elif isinstance(value, dict) and value:
        inner = [key for key in value if not NO_SHAPE.search(key)]
        if inner:
            alter(random, value, random.choice(inner), "")
    elif isinstance(value, list) and value:
        text[name] = [random.choice(value) for _ in value]
    elif isinstance(value, str) and re.fullmatch(r"[A-Z*|\-]{2,}", value):
        text[name] = "".join(random.choice(value) for _ in value)


def kinds_of(hint: Any) -> set[Any]:
    """Return the types that a hint allows."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return set(typing.get_args(hint))
    return {hint}


def other_name(text: dict[str, Any], name: str, model_type: str) -> str | None:
    """Return another name that the library reads a field by."""
    cls = CONFIG_MAPPING.get(text.get("model_type", model_type))
    aliases = getattr(cls, "attribute_map", {}) if cls else {}
    for one, another in aliases.items():
        if another == name and one not in text:
            return one
    return None


def flip(random: Random, text: dict[str, Any], name: str) -> None:
    """Turn a flag, or say it where nothing was said."""
    text[name] = not text[name] if isinstance(text.get(name), bool) else random.random() < 0.5


def number(random: Random, name: str, value: int | None) -> int | None:
    """Return another whole number that could stand in a field of this name."""
    if WINDOW.search(name):
        return random.choice((2, 5, 8, 64, 100, 129, 4096, 2_000_000))
    if TAKEN.search(name) and (value is None or value < 100):
        return random.choice((1, 2, 3, 4, 6))
    if EXPERTS.search(name) and (value is None or value > 3):
        return random.choice((4, 6, 8, 12, 16, 60, 128))
    if FEW.search(name) and (value is None or value < 12):
        return random.randint(0, 5)
    if re.search(r"head_dim|head_size|rank", name):
        return random.choice((8, 16, 24, 32, 64, 96, 128, 192, 256))
    if HEADS.search(name):
        return random.choice((1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32))
    if value is not None and value <= 12:
        return random.randint(0, 6)
    if value is None:
        return random.choice((1, 2, 4, *WIDTHS))
    return random.choice(
        (value * 2, max(1, value // 2), value + 1, *WIDTHS, random.randint(1, 4096))
    )
