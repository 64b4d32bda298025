#!/usr/bin/env python3
"""Makes crates/models/src/facts/prices.json: the dated table of chat models' context windows and list prices.

The data comes from the LiteLLM project's public table, with a link to each provider's page. Run it with the table's file, or without
arguments to take the table from the newest package:

    scripts/prices.py [model_prices_and_context_window.json] [--as-of 2026-11-22]
"""

import argparse
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/models/src/facts/prices.json"
TABLE = "litellm/model_prices_and_context_window_backup.json"
# LiteLLM's provider name, our name, and the prefix of its model names.
PROVIDERS = {
    "openai": ("openai", ""),
    "anthropic": ("anthropic", ""),
    "gemini": ("gemini", "gemini/"),
    "mistral": ("mistral", "mistral/"),
    "deepseek": ("deepseek", "deepseek/"),
    "groq": ("groq", "groq/"),
    "together_ai": ("together", "together_ai/"),
    "xai": ("xai", "xai/"),
    "azure": ("azure", "azure/"),
}
# Azure charges more in some regions, and a deployment's name does not give its region: the highest price counts.
REGIONS = re.compile(r"^(us|eu|apac|global|global-standard)/")
# Models that answer with audio or images, search on their own, or charge for more than tokens.
OTHER = re.compile(
    r"audio|realtime|search|image|tts|transcri|computer|robotics|research|lyria|omni|voxtral|guard|safeguard|moderation|vision"
    r"|container|router|multi-agent|embedding|customtools|^ft:|^together-ai-"
)
TIER = re.compile(r"^(?:input|output)_cost_per_token_above_(\d+)k_tokens$")
DATE = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")


def newest():
    """The table from the newest package, with the package's name and version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "litellm"], check=True)
        wheel = next(pathlib.Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as package:
            return json.loads(package.read(TABLE)), " ".join(wheel.name.split("-")[:2])


def price(fact):
    """Prices in US dollars per million tokens; None if the price depends on more than the four kinds of tokens."""
    each = lambda name: round(fact[name] * 1e6, 6) if fact.get(name) is not None else None
    read, wrote = each("input_cost_per_token"), each("output_cost_per_token")
    if read is None or wrote is None or each("output_cost_per_reasoning_token") not in (None, wrote):
        return None
    found = {"input": read}
    cached, written = each("cache_read_input_token_cost"), each("cache_creation_input_token_cost")
    if cached is not None and cached < read:
        found["cached_input"] = cached
    if written is not None and written > read:
        found["cache_write"] = written
    found["output"] = wrote
    return found


def line(provider, name, fact):
    """The table's entry for a model; None if a price or limit is missing."""
    window, most = fact.get("max_input_tokens"), fact.get("max_output_tokens")
    if not isinstance(window, int) or not isinstance(most, int) or not price(fact) or not price(fact)["output"]:
        return None
    # Above such a length the whole call costs more. Plumb stays below it, so that the price is exact.
    tiers = [int(found[1]) * 1000 for key, cost in fact.items() if cost and (found := TIER.match(key))]
    kept = {"provider": provider, "name": name, "window": min([window, *tiers]), "max_output": min(most, window)}
    if tiers and min(tiers) < window:
        kept["tier"] = True
    # Only Anthropic's format can start a reply with a given text.
    if provider == "anthropic" and fact.get("supports_assistant_prefill"):
        kept["prefill"] = True
    return {**kept, "price": price(fact), "source": fact.get("source", "")}


def models(table, as_of):
    """The chat models of our providers that are not retired."""
    found = {}
    for key, fact in table.items():
        ours = PROVIDERS.get(fact.get("litellm_provider"))
        chat = fact.get("mode") == "chat" or "/v1/chat/completions" in fact.get("supported_endpoints", [])
        if not ours or fact.get("mode") not in ("chat", "responses") or not chat or fact.get("deprecation_date", "9") <= as_of:
            continue
        provider, before = ours
        name = REGIONS.sub("", key.removeprefix(before)) if provider == "azure" else key.removeprefix(before)
        kept = None if OTHER.search(name) or (provider == "azure" and "/" in name) else line(provider, name, fact)
        if not kept:
            continue
        highest = found.get((provider, name))
        if not highest or highest["price"]["output"] < kept["price"]["output"]:
            found[provider, name] = kept
    same = lambda one, other: other and all(one[k] == other[k] for k in ("window", "max_output", "price"))
    # A dated version equal to its model needs no entry: Plumb strips dates from names.
    dated = lambda name: DATE.search(name) is not None
    return [m for (p, n), m in sorted(found.items()) if not (dated(n) and same(m, found.get((p, DATE.sub("", n)))))]


def words(table):
    """Words that distinguish models with similar names: `gpt-4o-audio` is not `gpt-4o`. Taken from all OpenAI and Azure models of any kind."""
    names = [key for key, fact in table.items() if fact.get("litellm_provider") in ("openai", "azure")]
    names = [REGIONS.sub("", name.removeprefix("azure/")).lower() for name in names]
    return sorted({word for name in names for word in re.split(r"[^a-z0-9]+", name) if word and not word.isdigit()})


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("table", nargs="?")
    arguments.add_argument("--as-of", default=datetime.date.today().isoformat())
    given = arguments.parse_args()
    table, source = (json.loads(pathlib.Path(given.table).read_text()), "litellm") if given.table else newest()
    lines = ",\n".join("    " + json.dumps(model) for model in models(table, given.as_of))
    variants = json.dumps(words(table))
    OUT.write_text(
        f'{{\n  "as_of": "{given.as_of}",\n  "source": "{source} (https://github.com/BerriAI/litellm, MIT)",\n'
        f'  "azure_words": {variants},\n  "models": [\n{lines}\n  ]\n}}\n'
    )
    print(f"{OUT}: {lines.count(chr(10)) + 1} models, as of {given.as_of}, from {source}")


main()
