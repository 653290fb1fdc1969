# SPDX-License-Identifier: Apache-2.0
"""`evalkit record`: what models answer to the rows of a file, kept for the day they are gone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._groups import Groups, grouped
from evalkit.cli._run_options import BOUNDS, ResumableCommand, command_line
from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.core.exchange import Request
    from evalkit.evaluation.prompts import Ahead, Answers, Settings
    from evalkit.models.recordings._recorded import Recorded
    from evalkit.models.spec import ModelSpec

__all__ = ["record"]

_GROUPS: Groups = {
    "Whom to ask": [
        (("--model", "-m", "models"), {
            "multiple": True, "required": True, "metavar": "[NAME=]MODEL",
            "help": "Such as openai/ft:gpt-4o-mini:acme::1 or old=local:smollm2; repeatable.",
        }),
        (("--url",), {
            "metavar": "URL", "help": "Base URL of an OpenAI-compatible server, for all models.",
        }),
        (("--key-env",), {
            "metavar": "NAME", "help": "The environment variable that holds the key.",
        }),
    ],
    "What is asked": [
        (("--limit",), {
            "type": click.IntRange(min=1), "metavar": "N", "help": "Only the first N rows.",
        }),
        (("--system",), {
            "metavar": "TEXT|@FILE|drop",
            "help": "Instead of the rows' system messages; drop: none.",
        }),
        (("--max-tokens",), {
            "type": click.IntRange(1), "default": 1024, "show_default": True, "metavar": "N",
            "help": "Of an answer.",
        }),
        (("--temperature",), {
            "type": click.FloatRange(0, 2), "default": 0.0, "show_default": True, "metavar": "T",
            "help": "0: the likeliest.",
        }),
        (("--seed",), {
            "type": int, "default": 0, "show_default": True, "metavar": "N",
            "help": "Of sampling; repeat k has N + k.",
        }),
        (("--repeats",), {
            "type": click.IntRange(1, 100), "default": 1, "show_default": True, "metavar": "K",
            "help": "Answers to each row.",
        }),
        (("--top-logprobs",), {
            "type": click.IntRange(0, 20), "default": 5, "show_default": True, "metavar": "N",
            "help": "Alternatives per token with their log probabilities, where a model gives "
            "them; 20 lets a suite read label probabilities.",
        }),
        (("--columns",), {
            "metavar": "ROLE=HEADER,…", "help": "Which column or key of a row is which.",
        }),
        (("--sheet",), {"metavar": "NAME", "help": "Of a workbook; the first where not given."}),
        (("--encoding",), {"metavar": "NAME", "help": "Of a text file; told from its bytes else."}),
        (("--from", "layout"), {
            "metavar": "LAYOUT", "help": "Of the rows; told from the first ones else.",
        }),
    ],
    **BOUNDS,
    "Store and result": [
        (("--output", "-o"), {
            "type": click.Path(dir_okay=False), "required": True, "metavar": "FILE",
            "help": "The recording, such as answers.jsonl.gz; what it holds already is kept.",
        }),
        (("--store",), {
            "default": ".evalkit/store.sqlite", "show_default": True, "metavar": "FILE",
            "help": "Answers already got; they are not asked for again.",
        }),
        (("--if-maybe-paid",), {
            "type": click.Choice(["ask-again", "skip", "fail"]), "default": "ask-again",
            "show_default": True,
            "help": "What was sent and not answered, so that nobody knows whether it was paid for.",
        }),
        (("--lang",), {
            "envvar": "EVALKIT_LANG", "type": click.Choice(["en", "zh"]), "help": "Language.",
        }),
    ],
}  # fmt: skip
_SHARED = ("url", "key_env")
_WORDS = {
    "kept": ("{f}: {n} answers, {k} new", "{f}：{n} 个回答，其中新增 {k} 个"),
    "kept_one": ("{f}: 1 answer, {k} new", "{f}：1 个回答，其中新增 {k} 个"),
    "nothing": ("nothing was answered: no recording is written", "没有得到回答：未写入文件"),
    "go_on": ("go on: {c}", "继续：{c}"),
    "missing": (
        "incomplete: {n} answers failed and are not in it; ask again: {c}",
        "不完整：{n} 个回答失败，未写入；重新提问：{c}",
    ),
    "missing_one": (
        "incomplete: 1 answer failed and is not in it; ask again: {c}",
        "不完整：1 个回答失败，未写入；重新提问：{c}",
    ),
}


@click.command(cls=ResumableCommand)
@click.argument("data")
@grouped(_GROUPS)
def record(data: str, output: str, lang: str | None, **given: Any) -> None:
    """Keep what models answer to the rows of DATA, to compare with when they are gone.

    An answer at the end of a row is not sent; rows without one will do. The recording is read by
    suites as a model: replay:FILE, or replay:FILE#NAME where it holds several.

    Exit code 3 when answers are missing (a remote, the budget or the deadline): what was answered
    is written, and the same command asks the rest.
    """
    from evalkit.evaluation.prompts import Settings, prompts

    spoken = language(lang)
    specs = _specs(given)
    settings = Settings(
        max_tokens=given["max_tokens"],
        temperature=given["temperature"],
        seed=given["seed"],
        top_logprobs=given["top_logprobs"],
        repeats=given["repeats"],
    )
    before = _there(Path(output))
    rows = _rows(data, given)
    requests, left_out = prompts(rows, settings=settings, limit=given["limit"])
    if left_out:
        from evalkit.cli._reading import say_left_out

        say_left_out(data, left_out)
    if not requests:
        raise UsageError(f"{data} holds no prompts", f"look at it: evalkit show {data}")
    answers = _asked(specs, _under(requests, given["system"]), settings, given, spoken)
    missing = _kept(Path(output), before, answers, data, given, spoken)
    _end(answers, missing, spoken)


def _specs(given: Mapping[str, Any]) -> dict[str, ModelSpec]:
    """Name to specification; the name is the model's where none is given."""
    from evalkit.models.spec import parse_spec

    found: dict[str, ModelSpec] = {}
    for written in given["models"]:
        name, use = _named(written)
        whole = {"use": use, **{key: given[key] for key in _SHARED if given[key] is not None}}
        if given["concurrency"] is not None:
            whole["concurrency"] = given["concurrency"]
        if name in found:
            raise UsageError(
                f"--model: two models are called `{excerpt(name)}`", f"name them: b={use}"
            )
        found[name] = parse_spec(whole, where=f"--model {excerpt(written, 60)}")
    return found


def _named(written: str) -> tuple[str, str]:
    """`old=local:smollm2` taken apart; a `=` behind a slash or colon belongs to the model."""
    head, equals, use = written.partition("=")
    if equals and use and head.strip() and not any(mark in head for mark in "/:"):
        return head.strip(), use
    return written, written


def _there(path: Path) -> list[Recorded]:
    """The answers that the file holds already.

    Raises:
        UsageError: They belong to a suite, or are a record of others.
    """
    from evalkit.models.recordings._read import read_own

    rows = read_own(path)
    suite = next((row.origin["suite"] for row in rows if "suite" in row.origin), None)
    if suite is not None:
        raise UsageError(
            f"{path} holds the answers of the suite {excerpt(suite, 80)}",
            "name another file: -o answers.jsonl.gz",
        )
    return rows


def _rows(data: str, given: Mapping[str, Any]) -> Any:
    from evalkit.cli._reading import opened

    return opened(
        data,
        columns=given["columns"],
        sheet=given["sheet"],
        encoding=given["encoding"],
        layout=given["layout"],
    )


def _under(requests: Sequence[Request], system: str | None) -> Sequence[Request]:
    """The requests with the system message that the line asks for."""
    if system is None:
        return requests
    from dataclasses import replace

    from evalkit.cli._reading import text_or_file

    text = "" if system == "drop" else text_or_file(system)
    first = [{"role": "system", "content": text}] if text else []
    return [
        replace(
            request,
            messages=[
                *first,
                *(m for m in request.messages if m.get("role") not in ("system", "developer")),
            ],
        )
        for request in requests
    ]


def _asked(
    specs: Mapping[str, ModelSpec],
    requests: Sequence[Request],
    settings: Settings,
    given: Mapping[str, Any],
    spoken: Language,
) -> Mapping[str, Answers]:
    from evalkit.cli._progress import RunProgress
    from evalkit.evaluation.prompts import ask_prompts
    from evalkit.evaluation.run_settings import terms_of
    from evalkit.evaluation.stopping import stoppable

    with RunProgress(spoken) as shown, stoppable(shown.stopping) as stop:
        return ask_prompts(
            specs,
            requests,
            settings=settings,
            folder=Path(),
            store=Path(given["store"]),
            terms=terms_of(
                budget=given["budget"],
                seconds=given["deadline"],
                if_maybe_paid=given["if_maybe_paid"],
                stop=stop,
            ),
            announce=lambda ahead: _announce(ahead, spoken),
            progress=shown.step,
        )


def _announce(ahead: Sequence[Ahead], spoken: Language) -> None:
    """One line per model, before the first request: where what goes, and what it may cost."""
    en = spoken == "en"
    for one in ahead:
        answers = sum(part.distinct for part in one.standing)
        stored = sum(part.stored for part in one.standing)
        host = one.model.host
        where = printable(host) if host else ("this machine" if en else "本机")
        facts = [f"{answers - stored:,} {'requests' if en else '个请求'}"]
        if stored:
            facts.append(f"{stored:,} {'answers stored' if en else '个已有回答'}")
        if host and answers > stored:
            facts.append(_at_most(one, answers - stored, en=en))
        comma, colon = (", ", ": ") if en else ("，", "：")
        click.echo(f"{printable(one.name)} → {where}{colon}{comma.join(facts)}", err=True)


def _at_most(one: Ahead, requests: int, *, en: bool) -> str:
    from evalkit.models.price import most
    from evalkit.page.numbers import money

    rate = one.model.rate
    if rate is None:
        return "price not known" if en else "价格未知"
    dearest = sorted((most(request, rate) for request in one.requests), reverse=True)
    repeats = len(one.standing)
    whole = sum((cost * repeats for cost in dearest), start=dearest[0] * 0)
    if requests < len(dearest) * repeats:  # which are stored is not asked: the dearest are not
        whole = sum((dearest[n // repeats] for n in range(requests)), start=dearest[0] * 0)
    amount = money(f"{whole:f}", rate.currency)
    return f"at most {amount}" if en else f"最多 {amount}"


def _kept(
    path: Path,
    before: Sequence[Recorded],
    answers: Mapping[str, Answers],
    data: str,
    given: Mapping[str, Any],
    spoken: Language,
) -> int:
    """Write the recording; returns how many answers are missing."""
    from evalkit.evaluation.prompts import recorded
    from evalkit.evaluation.recording import add_rows
    from evalkit.models.recordings._write import beside

    written = dict(zip(_names(given), given["models"], strict=True))
    origins = {
        name: {"data": beside(path, Path(data)), "options": _options(written[name], given)}
        for name in answers
    }
    rows, missing = recorded(answers, today=_today(), origins=origins)
    kept = add_rows(path, before, rows)
    if kept.rows:
        said = _say("kept" if kept.rows > 1 else "kept_one", spoken)
        click.echo(said.format(f=path, n=f"{kept.rows:,}", k=f"{kept.new:,}"))
    else:
        click.echo(_say("nothing", spoken), err=True)
    return missing


def _today() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def _names(given: Mapping[str, Any]) -> list[str]:
    return [_named(written)[0] for written in given["models"]]


def _options(model: str, given: Mapping[str, Any]) -> str:
    """The options that ask the same again, without what only bounds or places it."""
    parts = ["--model", model]
    if given["url"]:
        from evalkit.models._endpoints import address

        parts += ["--url", address(given["url"]).url]  # without user, password and query
    named = ("key_env", "system", "columns", "sheet", "encoding", "layout")
    for name in named:
        if given[name]:
            option = "--from" if name == "layout" else f"--{name.replace('_', '-')}"
            parts += [option, given[name]]
    for name, usual in (
        ("max_tokens", 1024), ("temperature", 0.0), ("seed", 0), ("repeats", 1),
        ("top_logprobs", 5),
    ):  # fmt: skip
        if given[name] != usual:
            parts += [f"--{name.replace('_', '-')}", f"{given[name]:g}"]
    return shlex.join(parts)


def _end(answers: Mapping[str, Answers], missing: int, spoken: Language) -> None:
    """Say what is missing and how to go on; exit code 3, or that of what ended it."""
    ended: EvalkitError | None = next((a.ended for a in answers.values() if a.ended), None)
    if ended is not None:
        click.echo(_say("go_on", spoken).format(c=printable(command_line())), err=True)
        raise ended
    if missing:
        said = _say("missing" if missing > 1 else "missing_one", spoken)
        click.echo(said.format(n=f"{missing:,}", c=printable(command_line())), err=True)
        raise SystemExit(3)


def _say(key: str, spoken: Language) -> str:
    return _WORDS[key][spoken == "zh"]
