# SPDX-License-Identifier: Apache-2.0
"""What the project promises about itself: schemas, names, documents."""

import json
from importlib import import_module
from importlib.resources import files

import jsonschema
import pytest

import evalkit
from evalkit.core.registry import names
from evalkit.core.resources import schema

SCHEMAS = [
    "alpaca", "alpaca-preference", "anthropic", "bailian", "baseline", "bedrock-converse",
    "chat-preference", "chat-with-media", "config", "estimate-output", "evals-item", "evals-row",
    "gemini", "job-archive", "job-list", "job-results", "job-show", "job-submit", "job-watch",
    "lint-output", "llama-factory-kto", "llama-factory-v1", "llama-factory-v1-preference",
    "loss-report", "manifest", "mistral", "models", "openai-chat", "openai-preference",
    "openai-reinforcement", "plan", "prompt-completion", "recording", "run-baseline", "run-output",
    "sharegpt", "sharegpt-preference", "stats", "suite", "target", "trl-kto", "trl-preference",
    "trl-prompt-completion", "trl-text", "tuned-models",
]  # fmt: skip


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid_and_holds_no_remote_reference(name):
    rules = schema(name)
    jsonschema.Draft202012Validator.check_schema(rules)
    references = [line for line in json.dumps(rules).split('"$ref": ')[1:] if line[1] != "#"]
    assert references == []
    for sample in rules.get("examples", []):
        jsonschema.validate(sample, rules)


def test_the_list_of_schemas_is_whole(root):
    assert (
        sorted(p.name.removesuffix(".schema.json") for p in (root / "schemas").iterdir()) == SCHEMAS
    )


def test_everything_that_is_exported_exists():
    for name in evalkit.__all__:
        assert hasattr(evalkit, name)


def modules(folder=None, package="evalkit"):
    for entry in (folder or files("evalkit")).iterdir():
        if entry.is_dir() and entry.name not in ("__pycache__", "ranks"):
            yield from modules(entry, f"{package}.{entry.name}")
        elif entry.name.endswith(".py") and entry.name != "__main__.py":
            yield f"{package}.{entry.name.removesuffix('.py')}".removesuffix(".__init__")


@pytest.mark.parametrize("name", sorted(modules()))
def test_every_module_says_what_it_is_and_exports_what_exists(name):
    module = import_module(name)
    assert module.__doc__
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), f"{name}.{exported}"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_command_is_in_the_readme(root, readme):
    text = (root / readme).read_text(encoding="utf-8")
    commands = [p.stem.replace("_", "-") for p in (root / "evalkit" / "cli").glob("[!_]*.py")]
    for command in commands:
        if command != "main":
            assert f"evalkit {command}" in text, command
    assert "evalkit-ft" in text


def test_the_demo_s_prompts_are_those_of_its_suites(root):
    import tomllib

    from evalkit.cli import demo

    prompts = tomllib.loads((root / "suites" / "support" / "prompts.toml").read_text("utf-8"))
    assert prompts["intent"]["system"] == demo._INTENT
    assert prompts["reply"]["system"] == demo._REPLY


def test_every_layout_is_on_the_page_of_layouts(root):
    page = (root / "docs" / "layouts.md").read_text(encoding="utf-8")
    assert [name for name in names("formats") if f"`{name}`" not in page] == []
