# SPDX-License-Identifier: Apache-2.0
"""The fixture `ask`: a model's answer to a row of a golden set.

Whoever asks first asks for all rows of the set that the session runs, so that a model is opened
once; the others, in whichever process, take their answers from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt
from evalkit.pytest_plugin.golden import TOKENS, GoldenRow
from evalkit.pytest_plugin.runs import key_of, runs_of
from evalkit.pytest_plugin.settings import as_told
from evalkit.pytest_plugin.suites import from_file, in_stead

if TYPE_CHECKING:
    from evalkit.core.exchange import Reply, Request
    from evalkit.models.spec import ModelSpec
    from evalkit.pytest_plugin.settings import Settings

__all__ = ["Ask"]

_SUITES = ("*.eval.yaml", "*.eval.yml", "*.eval.json")


class Ask:
    """Called with a model's name and a row (or a text), gives the text of the answer.

    Args:
        request: Of the test.
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(self, model: str, row: GoldenRow | str) -> str:
        """The answer; a model that does not answer fails the test without a traceback.

        Args:
            model: A model of `models=` or `suite=` of `evalkit.rows`, else of the one suite file
                beside the test; or a specification such as "openai/gpt-4.1-mini".
            row: What the test was given, or the text of a user's message.
        """
        __tracebackhide__ = True
        text, wrong = "", ""
        try:
            spec, folder, max_tokens = self._model(model, row)
            requests = self._requests(row, max_tokens)
            mine = requests[0]
            if isinstance(row, GoldenRow):
                mine = replace(row.request, max_tokens=max_tokens)
            told = self._asked(model, spec, folder, requests)
            if told["wrong"]:
                wrong = f"{excerpt(model)} could not be asked: {told['wrong']}"
            else:
                text, error = told["answers"][requests.index(mine)]
                wrong = "" if error is None else f"{excerpt(model)} did not answer: {error}"
        except EvalkitError as refused:
            wrong = str(refused)
        if wrong:
            pytest.fail(wrong, pytrace=False)
        return str(text)

    def _asked(
        self, name: str, spec: ModelSpec, folder: Path, requests: Sequence[Request]
    ) -> dict[str, Any]:
        runs = runs_of(self._request.config)
        key = key_of("answers-", (spec, str(folder), requests, str(runs.settings.replay)))

        def work() -> dict[str, Any]:
            from evalkit.evaluation.prompts import Settings as Asking
            from evalkit.evaluation.prompts import ask_prompts

            try:
                with runs.terms() as terms:
                    found = ask_prompts(
                        {name: spec},
                        requests,
                        settings=Asking(max_tokens=requests[0].max_tokens, top_logprobs=0),
                        folder=folder,
                        store=runs.settings.store,
                        terms=terms,
                        announce=lambda ahead: runs.voice.hosts(
                            {
                                one.model.host: sum(s.distinct - s.stored for s in one.standing)
                                for one in ahead
                                if one.model.host
                            }
                        ),
                        progress=runs.voice.progress,
                    )[name]
            except EvalkitError as error:
                return {"wrong": as_told(error), "answers": []}
            if found.ended is not None:
                return {"wrong": as_told(found.ended), "answers": []}
            return {"wrong": "", "answers": [_answer(reply) for reply in found.replies[0]]}

        told: dict[str, Any] = runs.once(key, work)
        return told

    def _requests(self, row: GoldenRow | str, max_tokens: int) -> list[Request]:
        """All rows of the set that this session runs: they are asked together."""
        from evalkit.core.exchange import Request

        if isinstance(row, str):
            message = {"role": "user", "content": row}
            return [Request(messages=[message], max_tokens=max_tokens)]
        found = []
        for item in self._request.session.items:
            other = getattr(getattr(item, "callspec", None), "params", {}).get("row")
            if isinstance(other, GoldenRow) and other.of == row.of:
                request = replace(other.request, max_tokens=max_tokens)
                if request not in found:
                    found.append(request)
        return found

    def _model(self, name: str, row: GoldenRow | str) -> tuple[ModelSpec, Path, int]:
        """What the name means here: its specification, where its paths start, and the length."""
        from evalkit.models.spec import parse_spec

        settings = runs_of(self._request.config).settings
        folder = self._request.path.parent
        declared = row.of if isinstance(row, GoldenRow) else None
        length = declared.max_tokens if declared else None
        if declared is not None and declared.models is not None:
            where = f"models of {declared.path.name}, `{excerpt(name)}`"
            models = {n: parse_spec(v, where=where) for n, v in declared.models.items()}
            models = in_stead(models, settings, where="the golden set")
        else:
            file = self._suite(declared.suite if declared else None, folder)
            suite = from_file(file, settings) if file else None
            models = dict(suite.models) if suite else {}
            folder = file.parent if file else folder
            length = length or (suite.max_tokens if suite else None)
        spec = models.get(name)
        if spec is None:
            if not any(mark in name for mark in "/:"):
                raise UsageError(
                    f"no model `{excerpt(name)}` is known here",
                    f"known: {', '.join(models) or 'none'}; name them: "
                    'evalkit.rows(…, models={…} or suite="x.eval.yaml")',
                )
            spec = parse_spec(name, where="ask")
        if settings.replay is not None:
            spec = _replayed(name, spec, settings)
        return spec, folder, length or TOKENS

    def _suite(self, named: str | None, folder: Path) -> Path | None:
        if named is not None:
            return folder / named
        found = sorted(path for pattern in _SUITES for path in folder.glob(pattern))
        return found[0] if len(found) == 1 else None


def _replayed(name: str, spec: ModelSpec, settings: Settings) -> ModelSpec:
    """The model answered from the session's recording; of a folder of them, any that has it."""
    from evalkit.models.recordings._read import read_recording

    replay = settings.replay
    assert replay is not None  # noqa: S101  the caller has looked
    files = sorted(replay.glob("*.answers.jsonl*")) if replay.is_dir() else [replay]
    for file in files:
        if any(row.model == name for row in read_recording(file)):
            place = file.absolute().as_posix()
            return replace(spec, use=f"replay:{place}#{name}", url=None, key_env=None)
    raise UsageError(
        f"no recording of `{excerpt(name)}` in {replay}",
        f"record it: evalkit record DATA -m {excerpt(name)}={excerpt(spec.use)} -o FILE",
    )


def _answer(reply: Reply | None) -> list[str | None]:
    """Text, and what went wrong."""
    if reply is None:
        return ["", "no answer"]
    return [
        reply.text,
        excerpt(reply.error or "no answer", 200) if reply.finish == "error" else None,
    ]
