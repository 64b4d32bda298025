"""Tables of evaluation results: scores by kind of question, with 95 % intervals, one group of columns per system."""

import collections
import json
import math
import pathlib
import random
import statistics

KINDS = ["lookup", "count", "aggregate", "list", "compare", "multi_hop", "absent", "overview", "summary", "contradiction"]
RESAMPLES = 2000
# Two-sided 95 % of the normal distribution.
Z = 1.959964
LAYOUT = "{:>4}  {:<18} {:<16} {:>8} {:>8} {:>6}"
COLUMNS = LAYOUT.format("n", "score (95 %)", "right (95 %)", "median s", "90th s", "open")
# Never asked: Plumb refused to start, so the runner asks again when it is started again.
NOT_STARTED = "not_started"


def load(out):
    """The last line of each system, question and seed. Skips a line that an interrupted run left unfinished."""
    lines = {}
    path = pathlib.Path(out) / "results.jsonl"
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            line = json.loads(text)
            lines[line["system"], line["id"], line["seed"]] = line
        except (ValueError, KeyError):
            continue
    return list(lines.values())


def wilson(right, n):
    """Wilson's 95 % interval of a share."""
    if n == 0:
        return 0.0, 1.0
    share, square = right / n, Z * Z
    middle = share + square / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + square / n)), min(1.0, (middle + spread) / (1 + square / n))


def bootstrap(samples):
    """95 % interval of the mean of (question, value) pairs. Resamples whole questions, because seeds of one question are not independent."""
    groups = collections.defaultdict(list)
    for question, value in samples:
        groups[question].append(value)
    sums = [(sum(values), len(values)) for values in groups.values()]
    dice = random.Random(1)
    means = []
    for _ in range(RESAMPLES):
        drawn = dice.choices(sums, k=len(sums))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def percentile(values, share):
    """The smallest value that is at least as large as this share of the values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def numbers(lines):
    """The numbers of one cell group."""
    seconds, right = [line["seconds"] for line in lines], sum(line["right"] for line in lines)
    # An answer that something is absent needs no citation.
    citing = [line for line in lines if line["kind"] != "absent" and line["answer"].strip()]
    return {
        "n": len(lines),
        "score": statistics.mean(line["score"] for line in lines),
        "score_95": bootstrap([(line["id"], line["score"]) for line in lines]),
        "right": right / len(lines),
        "right_95": wilson(right, len(lines)),
        "median_s": statistics.median(seconds),
        "p90_s": percentile(seconds, 0.9),
        "opens": sum(line["opens"] for line in citing) / len(citing) if citing else None,
    }


def group(lines):
    """The columns of one system in one row."""
    if not lines:
        return " " * len(COLUMNS)
    found = numbers(lines)
    low, high = found["score_95"]
    least, most = found["right_95"]
    score = f"{found['score']:.2f} ({low:.2f}–{high:.2f})"
    right = f"{found['right']:.0%} ({least:.0%}–{most:.0%})"
    opens = "–" if found["opens"] is None else f"{found['opens']:.0%}"
    return LAYOUT.format(found["n"], score, right, f"{found['median_s']:.1f}", f"{found['p90_s']:.1f}", opens)


def rows(lines):
    """Names of the rows with their lines: kinds, halves, total."""
    kinds = {line["kind"] for line in lines}
    for kind in [*(kind for kind in KINDS if kind in kinds), *sorted(kinds - set(KINDS))]:
        yield kind, [line for line in lines if line["kind"] == kind]
    halves = sorted({line["half"] for line in lines}, reverse=True)
    if len(halves) > 1:
        yield from ((half, [line for line in lines if line["half"] == half]) for half in halves)
    yield "total", lines


def difference(lines, first, second):
    """The mean difference in score of the questions that both systems were asked, in words."""
    scores = {(line["system"], line["id"], line["seed"]): line["score"] for line in lines}
    shared = [(one, seed) for system, one, seed in scores if system == first and (second, one, seed) in scores]
    if not shared:
        return None
    samples = [(one, scores[first, one, seed] - scores[second, one, seed]) for one, seed in shared]
    low, high = bootstrap(samples)
    mean = statistics.mean(value for _, value in samples)
    return f"{first} minus {second}: {mean:+.3f} in score (95 % {low:+.3f} to {high:+.3f}), {len(samples)} shared questions"


def by_seed(lines):
    """How many answers are right at each seed, in words."""
    seeds = sorted({line["seed"] for line in lines})
    counts = {seed: [line["right"] for line in lines if line["seed"] == seed] for seed in seeds}
    return ", ".join(f"seed {seed}: {sum(right)} of {len(right)}" for seed, right in counts.items())


def table(outs):
    """The report of one or more result folders."""
    lines = []
    for out in outs:
        prefix = f"{pathlib.Path(out).name}:" if len(outs) > 1 else ""
        lines += [{**line, "system": prefix + line["system"]} for line in load(out) if line["status"] != NOT_STARTED]
    if not lines:
        return "No results yet."
    systems = list(dict.fromkeys(line["system"] for line in lines))
    text = [" " * 14 + "".join(f"| {system:<{len(COLUMNS)}} " for system in systems)]
    text.append(" " * 14 + "".join(f"| {COLUMNS} " for _ in systems))
    for name, chosen in rows(lines):
        if name in ("tuning", "total"):
            text.append("")
        cells = [group([line for line in chosen if line["system"] == system]) for system in systems]
        text.append(f"{name:<14}" + "".join(f"| {cell:<{len(COLUMNS)}} " for cell in cells))
    text.append("")
    for system in systems:
        own = [line for line in lines if line["system"] == system]
        counts = collections.Counter(line["status"] for line in own)
        text.append(f"{system}: {by_seed(own)} right; {', '.join(f'{count} {status}' for status, count in counts.most_common())}")
    text += [words for other in systems[1:] if (words := difference(lines, systems[0], other))]
    return "\n".join(line.rstrip() for line in text)
