"""The file tree for corpus measurements: 80,000 text and source files, 1.2 GB, identical on every machine. `tree.py FOLDER` makes it."""

import itertools
import math
import os
import pathlib
import random
import shutil
import sys

FILES = 80_000
BYTES = 1_200_000_000
# Incremented when the content changes, so that a new tree is made.
VERSION = 1
# A word in three files, and one in nearly every file.
RARE, COMMON = "quetzalcoatlus", "licence"
RARE_IN = (4_321, 40_007, 79_990)

PROJECTS = 40
FILES_OF_A_FOLDER = 16
IGNORED_OF_A_PROJECT = 12
POOL = 16_000_000
VOCABULARY = 60_000
PROSE = ("md", "txt", "rst")
CODE = ("rs", "py", "c", "h", "js", "ts", "go", "java", "sh", "toml", "yaml")


def vocabulary(chance):
    """Pronounceable words; the frequent ones are short."""
    onsets = ["b", "br", "d", "dr", "f", "g", "gr", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v", "w"]
    vowels, ends = ["a", "e", "i", "o", "u", "ea", "ou"], ["", "", "n", "r", "s", "t", "l", "m"]
    known = {RARE, COMMON}
    words = []
    while len(words) < VOCABULARY:
        syllables = 1 + min(3, int(math.log10(len(words) + 1)))
        word = "".join(chance.choice(onsets) + chance.choice(vowels) + chance.choice(ends) for _ in range(syllables))
        if word not in known:
            known.add(word)
            words.append(word)
        elif len(words) < 200:
            words.append(word + str(len(words)))
    words[60] = COMMON
    return words


def pools(chance):
    """A long prose text and a long program, from which files are cut."""
    words = vocabulary(chance)
    # Zipf's law, flattened at the head as in real texts.
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))

    def some(number):
        return chance.choices(words, cum_weights=weights, k=number)

    prose, length = [], 0
    while length < POOL:
        line = " ".join(some(chance.randint(6, 16))).capitalize() + (".\n" if chance.random() < 0.8 else ".\n\n")
        prose.append(line)
        length += len(line)
    code, length = [], 0
    shapes = (
        "    let {0}_{1} = self.{2}.{3}({4});\n",
        "def {0}_{1}({2}, {3}={5}):\n",
        "        if {0}.{1} > {5} {{ return {2}({3}) }}\n",
        "    // {0} {1} {2} {3} {4}\n",
        "import {0}.{1}.{2}\n",
        "    for {0} in {1}_{2}({3}):\n        {4}.append({0})\n",
        "}}\n\n",
        "    {0}: \"{1} {2}\", {3}[{5}],\n",
    )
    while length < POOL:
        line = chance.choice(shapes).format(*some(5), chance.randint(0, 9999))
        code.append(line)
        length += len(line)
    return "".join(prose), "".join(code)


def cut(pool, start, length):
    """About `length` characters in whole lines."""
    begin = pool.find("\n", start) + 1
    return pool[begin : pool.find("\n", begin + length) + 1]


def text(number, size, chance, prose, code):
    is_prose = chance.random() < 0.35
    suffix = chance.choice(PROSE if is_prose else CODE)
    pool = prose if is_prose else code
    mark = "" if is_prose else "# "
    head = f"{mark}File {number} of the tree. Its {'terms' if number % 20 == 0 else COMMON} can be read in the folder above.\n"
    # Names unique to this file, as in real trees.
    own = "".join(f"{mark}item_{number * 2654435761 % 4294967296:08x}_{k} is one of its own\n" for k in range(min(6, size // 400)))
    rare = f"{mark}The bones of {RARE} were found here.\n" if number in RARE_IN else ""
    body = []
    left = size - len(head) - len(own) - len(rare)
    while left > 0:
        length = min(left, 20_000)
        body.append(cut(pool, chance.randrange(len(pool) - 40_000), length))
        left -= length
    middle = len(body) // 2
    return suffix, "".join([head, *body[:middle], own, rare, *body[middle:]])


def make(folder):
    """Writes the tree into an empty folder."""
    chance = random.Random(7)
    prose, code = pools(chance)
    sizes = [min(chance.lognormvariate(0, 1.2), 40.0) for _ in range(FILES)]
    scale = BYTES / sum(sizes)
    for number, size in enumerate(sizes):
        of_project = number // (FILES // PROJECTS)
        within = number % (FILES // PROJECTS) // FILES_OF_A_FOLDER
        # Folders are two to five levels deep.
        parts = [f"project-{of_project:02}", ("src", "docs", "lib", "tests")[within % 4], *(f"part-{digit}" for digit in str(within // 4))]
        where = folder.joinpath(*parts)
        if number % FILES_OF_A_FOLDER == 0:
            where.mkdir(parents=True, exist_ok=True)
        suffix, content = text(number, int(size * scale), chance, prose, code)
        (where / f"file-{number:05}.{suffix}").write_text(content, encoding="ascii")
    for project in range(PROJECTS):
        where = folder / f"project-{project:02}"
        (where / ".gitignore").write_text("build/\n*.o\n!docs/*.o\n/src/part-0/*.tmp\n")
        (where / "build").mkdir()
        for number in range(IGNORED_OF_A_PROJECT):
            (where / ("build" if number % 2 else "lib") / f"out-{number}.o").write_text(f"{COMMON} {RARE}\n")


def tree(cache):
    """Returns the tree below this folder, making it if needed."""
    folder = cache / f"tree-{VERSION}"
    if not folder.exists():
        part = cache / f"tree-{VERSION}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        make(part)
        os.replace(part, folder)
    return folder


if __name__ == "__main__":
    print(tree(pathlib.Path(sys.argv[1])))
