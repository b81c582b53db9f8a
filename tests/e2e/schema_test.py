"""`prony schema`: every good plan passes it, and plans of a wrong shape don't."""
import re
import unittest

import jsonschema
import yaml

from harness import ROOT, Case

GOLDEN = ROOT / "tests" / "golden"
# What a schema can see: unknown and missing keys, shapes, the version, amounts and their units,
# words to choose from, and what a stage or a step must say.
SHAPES = {"P020", "P021", "P022", "P024", "P025", "P027", "P036", "P037", "P047"}
# Amounts within sentences, which are text to a schema.
SENTENCES = {"objective-units"}
BLOCK = re.compile(r"```yaml\n(.*?)```", re.S)


class EditorLoader(yaml.SafeLoader):
    """As YAML 1.2 has it, and so the language server: yes and no are text."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in rules
            if first in "tTfF" or tag != "tag:yaml.org,2002:bool"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def codes_of(case):
    stderr = case / "stderr"
    return set(re.findall(r"error\[(P\d+)\]", stderr.read_text())) if stderr.exists() else set()


def read(text):
    """As editors see it, where 8 is a number, and as prony does, where it is text; [] where the
    text is no YAML or no map."""
    try:
        trees = [yaml.load(text, loader) for loader in (EditorLoader, yaml.BaseLoader)]
    except yaml.YAMLError:
        return []
    return [tree for tree in trees if isinstance(tree, dict)]


class Schema(Case):
    def setUp(self):
        super().setUp()
        self.schema = self.exits(self.prony("schema"), 0).json()
        self.validator = jsonschema.Draft202012Validator(self.schema)

    def errors(self, tree):
        return [error.message for error in self.validator.iter_errors(tree)]

    def plans_of_golden(self, good):
        for path in sorted(GOLDEN.glob("*/*/plan.yaml")):
            code = path.parent / "exit"
            by_flag = "--" in (path.parent / "args").read_text()  # the plan isn't to blame
            if (not code.exists() or code.read_text().strip() == "0") == good and not by_flag:
                yield path, path.read_bytes()

    def test_it_is_a_schema_of_its_draft(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.assertEqual(self.schema["$schema"], "https://json-schema.org/draft/2020-12/schema")

    def test_good_plans_pass(self):
        plans = [(path, path.read_text()) for path in (ROOT / "examples").rglob("plans/*.yaml")]
        plans += [(path, text) for path, text in self.plans_of_golden(True)]
        page = ROOT / "docs" / "plan.md"
        plans += [(page, text) for text in BLOCK.findall(page.read_text()) if "plan: 1" in text]
        self.assertGreater(len(plans), 2)
        for path, text in plans:
            trees = read(text)
            self.assertEqual(len(trees), 2, path)
            for tree in trees:
                self.assertEqual(self.errors(tree), [], path)

    def test_plans_of_a_wrong_shape_fail(self):
        refused = 0
        for path, text in self.plans_of_golden(False):
            codes = codes_of(path.parent)
            if not codes or not codes <= SHAPES or path.parent.name in SENTENCES:
                continue
            for tree in read(text):
                with self.subTest(path.parent.name):
                    self.assertNotEqual(self.errors(tree), [])
                refused += 1
        self.assertGreater(refused, 16)

    def test_each_rule_of_a_stage_and_a_step(self):
        def plan(stage="rate: 5/s, for: 1s", step="get: /"):
            text = ("plan: 1\ntarget: http://h\n"
                    f"scenarios: {{ a: {{ steps: [ {{ {step} }} ] }} }}\n"
                    f"load: {{ stages: [ {{ {stage} }} ] }}\n")
            return text, self.errors(yaml.safe_load(text))

        for words in ({}, {"stage": "users: 5, for: 1m30s, think: 0.5s..2s"},
                      {"stage": "rate: 10/s..90/s, step: 10/s, each: 5s"},
                      {"stage": "users: 5..50, step: 5, each: 5s"},
                      {"stage": "rate: 30/m, requests: 500"},
                      {"step": "post: /, json: { any: [ 1, null, { deep: yes } ] }"},
                      {"step": "get: /, until: json .a == 1, every: 100ms, timeout: 5s"}):
            text, errors = plan(**words)
            self.assertEqual(errors, [], text)
        for words in ({"stage": "rate: 5/s"}, {"stage": "for: 5s"},
                      {"stage": "rate: 5/s, users: 5, for: 1s"}, {"stage": "rate: 5, for: 1s"},
                      {"stage": "rate: 5/s, for: 30"}, {"stage": "rate: 1/s..5/s, step: 1/s"},
                      {"stage": "rate: 5/s, each: 5s, for: 5s"},
                      {"stage": "rate: 5/s, think: 1s, for: 5s"},
                      {"stage": "rate: 5/s, for: 1s, judge: maybe"},
                      {"step": "get: /, post: /"}, {"step": "name: x"},
                      {"step": "get: /, body: a, json: { }"}, {"step": "get: /, every: 1s"},
                      {"step": "get: /, on_fail: retry"}, {"step": "get: /, think: 1"}):
            text, errors = plan(**words)
            self.assertNotEqual(errors, [], text)
            path = self.plan(text)
            self.exits(self.prony("check", path), 2)


if __name__ == "__main__":
    unittest.main()
