"""Tests of the generator and the judge: python3 -m unittest discover -s tests/questions."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import claim, date_regex, number, quantity, unless_denied  # noqa: E402
from judge import judge, matches, plain  # noqa: E402
from make import build_all  # noqa: E402
from datetime import date  # noqa: E402

SEEDS = range(1, 6)
VALUE_KINDS = ("lookup", "count", "aggregate", "compare", "multi_hop")
OPEN = [{"path": "x", "verified": "exact"}]


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sets = {seed: build_all(seed) for seed in SEEDS}
        cls.questions = {seed: {q["id"]: q for corpus in corpora for q in corpus.questions} for seed, corpora in cls.sets.items()}

    def test_halves_and_kinds_balance(self):
        for questions in self.questions.values():
            self.assertEqual(len(questions), 60)
            counts = {}
            for question in questions.values():
                counts[question["kind"], question["half"]] = counts.get((question["kind"], question["half"]), 0) + 1
            self.assertEqual((len(counts), set(counts.values())), (20, {3}))

    def test_right_answers_are_right(self):
        for seed, questions in self.questions.items():
            for question in questions.values():
                verdict = judge(question, question["answer"], OPEN)
                self.assertTrue(verdict["right"] and verdict["score"] == 1, (seed, question["id"], verdict, question["answer"]))

    def test_right_answers_need_an_open_citation(self):
        for question in self.questions[1].values():
            closed = judge(question, question["answer"], [{"path": "x", "verified": "not_found"}])
            self.assertEqual(closed["right"], question["kind"] == "absent")

    def test_other_values_are_wrong(self):
        for seed, questions in self.questions.items():
            for question in questions.values():
                for other in questions.values():
                    kinds_fit = question["kind"] in VALUE_KINDS + ("list", "absent") and other["kind"] in VALUE_KINDS
                    if not kinds_fit or question["corpus"] != other["corpus"] or same_value(question, other):
                        continue
                    self.assertFalse(judge(question, other["answer"], OPEN)["right"], (seed, question["id"], other["answer"]))

    def test_answers_of_another_seed_are_wrong(self):
        for name, question in self.questions[1].items():
            other = self.questions[2][name]
            if question["kind"] not in ("overview", "absent") and not same_value(question, other):
                self.assertFalse(judge(question, other["answer"], OPEN)["right"], (question["id"], other["answer"]))

    def test_lookup_values_occur_in_the_texts(self):
        for corpora in self.sets.values():
            for corpus in corpora:
                for question in corpus.questions:
                    for pattern in question.get("expect", {}).get("all", []) if question["kind"] == "lookup" else []:
                        self.assertTrue(any(matches(pattern, corpus.texts[path]) for path in question["cite"]), (question["id"], pattern))

    def test_cited_and_dropped_files_exist(self):
        for corpora in self.sets.values():
            for corpus in corpora:
                for question in corpus.questions:
                    for path in question.get("cite", []) + [question.get("path") or next(iter(corpus.files))]:
                        self.assertIn(path, corpus.files)

    def test_contradictions_are_in_different_files(self):
        for corpora in self.sets.values():
            for corpus in corpora:
                for question in (q for q in corpus.questions if q["kind"] == "contradiction"):
                    for one, two in question["points"]:
                        holders = [{path for path, text in corpus.texts.items() if matches(pattern, text)} for pattern in (one, two)]
                        self.assertTrue(holders[0] - holders[1] or holders[1] - holders[0], (question["id"], one, two))

    def test_absent_things_do_not_occur(self):
        for corpora in self.sets.values():
            for corpus in corpora:
                absent = {q["id"] for q in corpus.questions if q["kind"] == "absent"}
                self.assertEqual(absent, set(corpus.absent_terms))
                for term in (term for terms in corpus.absent_terms.values() for term in terms):
                    for path, text in corpus.texts.items():
                        self.assertFalse(matches(term, text), (path, term))

    def test_same_seed_gives_same_bytes(self):
        for corpus, again in zip(self.sets[3], build_all(3)):
            self.assertEqual((corpus.files, corpus.questions), (again.files, again.questions))

    def test_seeds_change_the_answers(self):
        for seed in SEEDS[1:]:
            names = [name for name, q in self.questions[1].items() if q["kind"] not in ("overview", "absent")]
            changed = sum(self.questions[1][name]["answer"] != self.questions[seed][name]["answer"] for name in names)
            self.assertGreaterEqual(changed / len(names), .9)

    def test_many_seeds_build(self):
        for seed in range(100, 112):
            for question in (q for corpus in build_all(seed) for q in corpus.questions):
                self.assertTrue(judge(question, question["answer"], OPEN)["right"], (seed, question["id"], question["answer"]))


class Judge(unittest.TestCase):
    def test_numbers_match_in_any_form(self):
        for text in ("1234", "1,234", "1.234", "1 234", "£1,234.00", "1'234"):
            self.assertTrue(matches(number(1234), text), text)
        for text in ("11234", "12345", "1,234,567", "1234.5", "234", "0.1234", "21,234"):
            self.assertFalse(matches(number(1234), text), text)
        for text in ("1234.5", "1,234.50", "1.234,50", "1,235"):
            self.assertTrue(matches(number(1234.5), text), text)
        self.assertFalse(matches(number(1234.5), "1234.6"))
        self.assertFalse(matches(number(6.5), "7"))
        self.assertFalse(matches(number(12), "12 June or 12:30 or 2024-06-12"))
        self.assertTrue(matches(number(12), "12 may come"))

    def test_number_words_match_up_to_twenty(self):
        self.assertTrue(matches(number(12), "Twelve people"))
        self.assertFalse(matches(number(7), "seventeen people"))
        self.assertTrue(matches(quantity(3, "months?"), "three (3) full calendar months"))
        self.assertTrue(matches(quantity(3, "months?"), "a 3-month period"))

    def test_dates_match_in_any_form(self):
        pattern = date_regex(date(2024, 3, 5))
        for text in ("2024-03-05", "5 March 2024", "March 5, 2024", "05.03.2024", "5th of March 2024", "5.3.2024", "Mar 5th, 2024", "5 March", "05/03/2024"):
            self.assertTrue(matches(pattern, text), text)
        for text in ("2024-03-06", "15 March 2024", "5 March 2023", "March 15, 2024", "05.03.2023", "5 May 2024", "March 5, 2023"):
            self.assertFalse(matches(pattern, text), text)

    def test_usual_ways_to_say_absent(self):
        question = {"kind": "absent", "none": ["1200"]}
        for text in ("The documents don't mention it.", "I could not find this in the folder.", "There is no information about a deposit.",
                     "This isn’t stated anywhere.", "Nothing in these files says so.", "The deposit is not specified.", "Not found in the documents."):
            self.assertTrue(judge(question, text, [])["right"], text)
        for text in ("The deposit is 900.", "It is not stated, but probably 1200.", "You must not pay late."):
            self.assertFalse(judge(question, text, [])["right"], text)

    def test_marks_and_list_numbers_are_no_values(self):
        self.assertIsNone(re.search(r"\d", plain("1. **alpha** [3]\n2) beta [4, 5] (see 10-halls.eml:3-4)")))

    def test_lists_subtract_wrong_items(self):
        question = {"kind": "list", "items": [["alpha"], ["beta"]], "wrong": ["gamma"]}
        self.assertEqual(judge(question, "alpha, beta", OPEN)["score"], 1)
        self.assertEqual(judge(question, "alpha, beta, gamma", OPEN)["score"], .5)
        self.assertEqual(judge(question, "gamma", OPEN)["score"], 0)

    def test_denied_items_are_not_wrong_items(self):
        question = {"kind": "list", "items": [["cleaning"]], "wrong": [unless_denied("courier")]}
        for text in ("Cleaning. The courier agreement does not renew.", "Cleaning; these end by themselves.\nIt ends: courier (contracts/courier.md)."):
            self.assertEqual(judge(question, text, OPEN)["score"], 1, text)
        self.assertEqual(judge(question, "- Cleaning\n- Courier agreement, if it is not cancelled", OPEN)["score"], 0)

    def test_claims_about_absent_things_are_lures(self):
        question = {"kind": "absent", "none": [claim("deposit", "office")]}
        for text in ("The deposit for the warehouse is £900; nothing else is stated.", "A deposit of 900 was left. There is no information on interest."):
            self.assertFalse(judge(question, text, OPEN)["right"], text)
        self.assertTrue(judge(question, "No such deposit is stated. The deposit for the office is £900.", OPEN)["right"])


def same_value(question, other):
    """Whether the other answer gives the same values by chance."""
    if question["id"] == other["id"] and question["answer"] == other["answer"]:
        return True
    patterns, others = (q.get("expect", {}).get("all") for q in (question, other))
    return patterns is not None and (patterns == others or len(patterns) == 1 and len(others or []) > 0 and question["kind"] in ("count", "lookup")
                                     and patterns[0] in others)


if __name__ == "__main__":
    unittest.main()
