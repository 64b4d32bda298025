"""Tests of the runner with a program that stands for Plumb: python3 -B -m unittest discover -s tests/eval"""

import contextlib
import io
import json
import math
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import eval as runner
import plain
import question_set
import report

# Answers with the model's seed and writes down what it was asked. "crash" in the question crashes it; "refuse" starts no run.
PROGRAM = """#!{python} -IS
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
if sys.argv[1] == "files":
    for path in sorted(pathlib.Path(sys.argv[2]).rglob("*.txt")):
        print(json.dumps({{"path": path.name, "state": "text", "text": path.read_text()}}))
    sys.exit()
question, place = sys.argv[2:4]
with (here / "asked.jsonl").open("a") as file:
    file.write(json.dumps({{"question": question, "place": place, "home": os.environ["PLUMB_HOME"], "options": sys.argv[4:]}}) + "\\n")
if "crash" in question:
    sys.exit("it broke")
if "refuse" in question:
    print(json.dumps({{"run_id": None, "status": "failed", "answer": "", "citations": [], "error": {{"code": "no_model", "message": "No model."}}}}))
    sys.exit(1)
print("trace of " + question, file=sys.stderr)
seed = sys.argv[sys.argv.index("--seed") + 1]
citations = [{{"path": "a.txt", "place": "line 1", "verified": "quote_found", "quote": "x"}}]
print(json.dumps({{"run_id": "1", "status": "answered", "answer": "SECRET " + question + " " + seed, "citations": citations, "error": None}}))
"""
MAKE = """
import json, pathlib, sys
seed, out = sys.argv[2], pathlib.Path(sys.argv[4])
for corpus in ("one", "two"):
    folder = out / "corpora" / corpus
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("Paper is blue in corpus " + corpus + seed)
questions = json.loads((pathlib.Path(__file__).parent / "asked.json").read_text())
(out / "questions.json").write_text(json.dumps(questions))
"""
JUDGE = """
def judge(question, answer, citations):
    right = question["expect"] in answer
    return {"score": float(right), "right": right, "opens": bool(citations), "cited": True, "why": "REASON"}
"""
# Stands for llama-cpp-python: prompts with three passages are too long.
PEER = """
import json, sys
print("ready", flush=True)
for line in sys.stdin:
    text = json.loads(line)
    long = "[3]" in text
    print(json.dumps({"error": "long", "too_long": True} if long else {"text": "Paper is blue. " + str(text.count("[2]"))}), flush=True)
"""


def question(name, half="tuning", kind="lookup", corpus="one", words=None, expect="SECRET"):
    return {"id": name, "half": half, "kind": kind, "corpus": corpus, "question": words or f"what is {name}", "answer": "ANSWER", "expect": expect}


def line(name, score, seed=1, **other):
    usual = {"system": "plumb", "kind": "lookup", "half": "tuning", "opens": True, "seconds": 1.0, "answer": "x", "citations": [], "status": "answered", "error": None}
    return {"id": name, "seed": seed, "score": score, "right": score == 1, **usual, **other}


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"
        self.plumb = self.folder / "plumb"
        self.plumb.write_text(PROGRAM.format(python=sys.executable))
        self.plumb.chmod(self.plumb.stat().st_mode | stat.S_IXUSR)
        (self.folder / "make.py").write_text(MAKE)
        (self.folder / "judge.py").write_text(JUDGE)

    def run_with(self, questions, *options):
        (self.folder / "asked.json").write_text(json.dumps(questions))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            runner.main(["--plumb", str(self.plumb), "--questions", str(self.folder), "--out", str(self.out), *options])
        return printed.getvalue()

    def asked(self):
        return [json.loads(text) for text in (self.folder / "asked.jsonl").read_text().splitlines()]

    def results(self):
        return [json.loads(text) for text in (self.out / "results.jsonl").read_text().splitlines()]

    def test_a_line_holds_the_verdict_and_the_answer(self):
        self.run_with([question("q")], "--mode", "rlm", "--limit-seconds", "7")
        [result] = self.results()
        seconds = result.pop("seconds")
        self.assertGreater(seconds, 0)
        expected = {"id": "q", "seed": 1, "system": "plumb-rlm", "kind": "lookup", "half": "tuning", "score": 1.0, "right": True, "opens": True, "cited": True}
        expected |= {"answer": "SECRET what is q 1", "citations": [{"path": "a.txt", "place": "line 1", "verified": "quote_found"}]}
        self.assertEqual(result, {**expected, "status": "answered", "error": None})
        options = self.asked()[0]["options"]
        self.assertEqual(options, ["--model", runner.DEFAULT_MODEL, "--seed", "1", "--json", "--timeout", "7", "--mode", "rlm"])
        transcript = (self.out / "transcripts/tuning/q-1-plumb-rlm.txt").read_text()
        for part in ("what is q", "trace of what is q", '"run_id": "1"', "REASON"):
            self.assertIn(part, transcript)

    def test_each_corpus_and_seed_has_one_home(self):
        self.run_with([question("p"), question("q"), question("r", corpus="two")], "--seeds", "1,2")
        homes = [asked["home"] for asked in self.asked()]
        self.assertEqual((len(homes), len(set(homes))), (6, 4))
        self.assertEqual(homes[0], homes[1])

    def test_a_second_start_asks_only_the_rest(self):
        questions = [question("p"), question("q"), question("r")]
        self.run_with(questions)
        results = self.out / "results.jsonl"
        # As if the runner had been killed while it wrote the second line.
        text = results.read_text().splitlines(keepends=True)
        results.write_text(text[0] + text[1][:30])
        self.run_with(questions)
        self.assertEqual([result["id"] for result in self.results()], ["p", "q", "r"])
        self.assertEqual([asked["question"][-1] for asked in self.asked()], ["p", "q", "r", "q", "r"])

    def test_a_crash_counts_and_a_refusal_is_asked_again(self):
        questions = [question("p", words="crash"), question("q", words="refuse"), question("r")]
        for _ in range(2):
            printed = self.run_with(questions)
        self.assertEqual([(r["id"], r["status"]) for r in self.results()], [("p", "crashed"), ("q", "not_started"), ("r", "answered"), ("q", "not_started")])
        self.assertEqual(self.results()[0]["error"], "exit status 1: it broke")
        self.assertIn("plumb: seed 1: 1 of 2 right; 1 crashed, 1 answered", printed)

    def test_the_runner_gives_up_when_nothing_starts(self):
        with self.assertRaises(SystemExit) as raised:
            self.run_with([question(name, words="refuse") for name in "pqrst"])
        self.assertIn("no_model", str(raised.exception))
        self.assertEqual(len(self.results()), runner.MAX_NOT_STARTED)

    def test_held_out_answers_are_not_printed(self):
        printed = self.run_with([question("open-one"), question("hidden-one", half="held_out")], "--show")
        self.assertIn("SECRET what is open-one", printed)
        self.assertNotIn("hidden-one", printed)
        self.assertNotIn("SECRET", self.run_with([], "--seeds", "1"))
        self.assertIn("SECRET", (self.out / "transcripts/held_out/hidden-one-1-plumb.txt").read_text())

    def test_filters_choose_questions(self):
        questions = [question("p"), question("q", kind="count"), question("r", half="held_out")]
        self.run_with(questions, "--half", "tuning", "--kind", "count", "--kind", "list")
        self.run_with(questions, "--only", "r")
        self.assertEqual([result["id"] for result in self.results()], ["q", "r"])

    def test_answers_are_judged_again_unless_their_files_changed(self):
        self.run_with([question("p", expect="wrong"), question("q", expect="wrong", corpus="two")])
        (self.folder / "asked.json").write_text(json.dumps([question("p"), question("q", corpus="two")]))
        (self.out / "seed-1/corpora/two/a.txt").write_text("other")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            question_set.judge_again(self.out, self.folder, old=False)
        self.assertEqual([result["right"] for result in self.results()], [True, False])
        self.assertIn("1 of 2 verdicts changed; 1 kept", printed.getvalue())

    def test_a_program_past_its_limit_is_killed(self):
        self.plumb.write_text("#!/bin/sh\nsleep 30\n")
        grace, runner.GRACE_SECONDS = runner.GRACE_SECONDS, -0.9
        self.addCleanup(setattr, runner, "GRACE_SECONDS", grace)
        self.run_with([question("q")], "--limit-seconds", "1")
        self.assertEqual(self.results()[0]["status"], "killed")

    def test_plain_retrieval_drops_passages_that_do_not_fit(self):
        corpus = self.folder / "corpus"
        corpus.mkdir()
        for name in ("a", "b", "c"):
            (corpus / f"{name}.txt").write_text("paper " * 3 + ("blue" if name == "b" else name))
        system = plain.Plain(str(self.plumb), "local:x", 10, [sys.executable, "-c", PEER])
        self.addCleanup(system.process.stdout.close)
        self.addCleanup(system.process.stdin.close)
        self.addCleanup(system.close)
        result = system.ask("Which colour has blue paper?", corpus, self.folder, 1)
        self.assertEqual((result["answer"], result["status"]), ("Paper is blue. 1", "answered"))
        self.assertNotIn("[3]", result["trace"])
        self.assertEqual({citation["verified"] for citation in result["citations"]}, {"place_found"})

    def test_the_old_questions_keep_their_judge(self):
        asked = question_set.written_down([1]).questions[1]
        self.assertEqual(len(asked), 6)
        for one in asked:
            self.assertTrue((question_set.ROOT / one["cite"]).exists(), one["cite"])
        cited = [{"path": "crates/rlm/src/options.rs", "verified": "quote_found"}]
        self.assertTrue(question_set.judge_written(asked[0], "It is 20 turns.", cited)["right"])
        self.assertFalse(question_set.judge_written(asked[0], "It is 20 turns.", [{**cited[0], "verified": "not_found"}])["right"])
        self.assertFalse(question_set.judge_written(asked[0], "It is 200 turns.", cited)["right"])


class Numbers(unittest.TestCase):
    def test_wilson_matches_known_values(self):
        # Newcombe (1998), table I, method 3.
        for right, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
            found = report.wilson(right, n)
            self.assertAlmostEqual(found[0], low, places=4)
            self.assertAlmostEqual(found[1], high, places=4)

    def test_the_bootstrap_is_repeatable_and_keeps_seeds_together(self):
        samples = [(str(number), number % 2) for number in range(40)]
        low, high = report.bootstrap(samples)
        self.assertEqual((low, high), report.bootstrap(samples))
        self.assertTrue(0.3 < low < 0.4 and 0.6 < high < 0.7, (low, high))
        # Asking each question again at three seeds adds no certainty when every seed gives the same.
        again = [(name, value) for name, value in samples for _ in range(3)]
        self.assertEqual(report.bootstrap(again), (low, high))

    def test_numbers_of_a_row(self):
        lines = [line(str(number), float(number < 3), seconds=float(number), opens=number < 2) for number in range(10)]
        lines.append(line("absent", 1.0, kind="absent", opens=False, seconds=10.0))
        found = report.numbers(lines)
        self.assertEqual((found["n"], found["median_s"], found["p90_s"], found["opens"]), (11, 5.0, 9.0, 0.2))
        self.assertAlmostEqual(found["score"], 4 / 11)
        self.assertEqual(found["right_95"], report.wilson(4, 11))

    def test_the_table_has_a_group_per_system_and_their_difference(self):
        lines = [line("p", 1.0), line("q", 0.5, kind="list", half="held_out"), line("p", 0.0, system="plain"), line("p", 1.0, seed=2)]
        with tempfile.TemporaryDirectory() as out:
            (pathlib.Path(out) / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
            table = report.table([out])
        bars = {tuple(index for index, sign in enumerate(row) if sign == "|") for row in table.splitlines() if "|" in row}
        self.assertEqual(len(bars), 1, table)
        self.assertRegex(table, r"lookup +\| +2  1\.00 .*\| +1  0\.00")
        self.assertRegex(table, r"total +\| +3  0\.83 \(0\.50–1\.00\) +67% \(21%–94%\)")
        self.assertIn("plumb: seed 1: 1 of 2, seed 2: 1 of 1 right; 3 answered", table)
        self.assertIn("plumb minus plain: +1.000 in score (95 % +1.000 to +1.000), 1 shared questions", table)

    def test_bm25_matches_a_hand_computed_example(self):
        index = plain.Index([("a", "the cat sat"), ("b", "the dog sat on the cat cat"), ("c", "birds fly")])
        # N = 3, mean length 4, "cat" in 2 chunks: ln(1 + 1.5 / 2.5) = 0.470004. Chunk a: 2.2 / (1 + 1.2 (0.25 + 0.75 · 3 / 4)) = 1.113924.
        # Chunk b: 2 · 2.2 / (2 + 1.2 (0.25 + 0.75 · 7 / 4)) = 1.135484.
        self.assertAlmostEqual(index.score(["cat"], 0), 0.470004 * 1.113924, places=5)
        self.assertAlmostEqual(index.score(["cat"], 1), 0.470004 * 1.135484, places=5)
        self.assertAlmostEqual(index.score(["birds"], 2), math.log(1 + 2.5 / 1.5) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 4)))
        self.assertEqual([path for path, _ in index.best("Cat?")], ["b", "a"])

    def test_chunks_overlap_and_lose_nothing(self):
        text = " ".join(f"w{number}" for number in range(450))
        pieces = list(plain.chunks(text))
        self.assertEqual([piece.split()[0] for piece in pieces], ["w0", "w160", "w320"])
        self.assertEqual([len(piece.split()) for piece in pieces], [200, 200, 130])
        self.assertEqual(list(plain.chunks("")), [])

    def test_citations_are_the_documents_that_share_most_words(self):
        passages = [("a.txt", "the river is 40 km long"), ("b.txt", "the lake holds water"), ("c.txt", "river")]
        self.assertEqual(plain.cited("The river is 40 km long.", "How long is the river?", passages), ["a.txt"])
        self.assertEqual(plain.cited("Not found.", "How long is the river?", passages), [])
        self.assertEqual(plain.cited("Yes.", "Is the river long?", passages), ["a.txt"])


if __name__ == "__main__":
    unittest.main()
