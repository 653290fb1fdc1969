# SPDX-License-Identifier: Apache-2.0
"""`evalkit rule`: what a rule looks for, why, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.lint.rule import Rule

__all__ = ["rule"]


@click.command()
@click.argument("name", required=False, metavar="[NAME|CODE]")
@click.option("--all", "everything", is_flag=True, help="All rules, one a line.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--add-rules",
    multiple=True,
    type=click.Path(),
    metavar="FILE.py",
    help="Rules of your own, as for lint; the file is run.",
)
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def rule(
    name: str | None,
    everything: bool,
    output_format: str,
    add_rules: tuple[str, ...],
    lang: str | None,
) -> None:
    """Explain a rule by its name or code; without one, list them all."""
    known = _known(add_rules)
    wanted = known if everything or name is None else [_named(name, known)]
    if output_format == "json":
        import json

        documents = [_document(one) for one in wanted]
        whole: Any = documents if everything or name is None else documents[0]
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    elif everything or name is None:
        for one in wanted:
            click.echo(
                f"{one.code}  {one.severity.label if one.default else 'off':<7}  "
                f"{one.fix or '-':<6}  {one.name:<27}  {_first_sentence(one.summary)}"
            )
    else:
        click.echo(page(wanted[0], lang), nl=False)


def _known(files: tuple[str, ...]) -> list[Rule]:
    from evalkit.lint.catalogue import every_rule, rules_for

    if not files:
        return list(every_rule())
    from evalkit.lint.plugins import rules_of_file
    from evalkit.lint.settings import Settings

    own = tuple(rule for path in files for rule in rules_of_file(path))
    return list(rules_for(Settings(extra_rules=own)))


def _named(word: str, known: list[Rule]) -> Rule:
    from evalkit.lint.catalogue import rule_named

    low = word.lower().replace("_", "-")
    for one in known:
        if low in (one.name, one.code.lower()) or word in one.aliases:
            return one
    return rule_named(word)  # says what is near


def page(one: Rule, lang: str | None = None) -> str:
    """The page of a rule as Markdown."""
    from evalkit.lint.pages import page_of

    return page_of(one, language(lang))


def _document(one: Rule) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "aliases": list(one.aliases),
        "family": one.family,
        "scope": one.scope,
        "severity": one.severity.label,
        "default": one.default,
        "methods": sorted(one.methods),
        "fix": one.fix,
        "options": one.options,
        "messages": dict(one.messages),
        "page": dict(one.page),
    }


def _first_sentence(text: str) -> str:
    return text if len(text) < 70 else text[:69].rsplit(" ", 1)[0] + " …"
