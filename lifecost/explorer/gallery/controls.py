"""Controls that explorers share."""

from lifecost.catalog import load, models, post
from lifecost.explorer import Choice, Range

POST = post.bindings
LLAMAS = tuple(load("post")["n_params"])

MODEL = Choice(
    "model",
    "model",
    {name: post.model(name) for name in LLAMAS},
    "llama-3-8b",
    {name: models[name].title for name in LLAMAS},
)
BATCH = Range("batch", 1, 4096, POST["batch"])
CONTEXT = Range("context", 128, 2**20, POST["context"])
KV_BYTES = Range("kv_bytes", 0.25, 4, POST["kv_bytes"])
HOI = Range("hoi", 50, 2000, POST["hoi"])
