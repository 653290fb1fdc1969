# SPDX-License-Identifier: Apache-2.0
"""Why a job failed, and the lint rule that would have said so before it was paid for.

The messages are what OpenAI's and Azure's validation said in public repositories and threads, read
November 2026 (2023-2026: openai/openai-python#426, openai-php/client fixtures, community threads
965584, 966285, 1151915 and 415162, MicrosoftDocs/azure-docs#108515). Each row of the table is a
pattern over "code: message"; the first that is found counts, so special ones stand first.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.core.printable import excerpt
from evalkit.jobs.job import Job
from evalkit.page.markup import data
from evalkit.page.phrase import Phrase, say

__all__ = ["REASONS", "Cause", "Reason", "cause_lines", "cause_of", "lint_line"]

_BY_MODEL = frozenset({"over-context", "answer-cut-entirely"})  # rules that need its limits
_FILE = re.compile(r"file|row|line|example|dataset", re.IGNORECASE)  # it may be the data
_MOST = 4_000  # letters of a message that are looked at: it is hostile


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A kind of failure.

    Attributes:
        name: Of it, for machines.
        pattern: Over "code: message", any case.
        rules: Lint rules that find it in the file, the likeliest first; none where no file says it.
        what: What was wrong.
        do: What to do where no rule finds it.
    """

    name: str
    pattern: str
    what: Phrase
    rules: tuple[str, ...] = ()
    do: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why one job failed.

    Attributes:
        reason: Its kind; None = words that we do not know.
        which: "training" or "validation": the file that it is about.
    """

    reason: Reason | None
    which: str


def _reason(
    name: str, pattern: str, en: str, zh: str, *rules: str, do: Phrase | None = None
) -> Reason:
    return Reason(name=name, pattern=pattern, what=say(en, zh), rules=rules, do=do)


REASONS: tuple[Reason, ...] = (
    _reason(
        "closed", r"training_not_available|winding down the fine-tuning",
        "the provider takes no new jobs", "提供商不再接受新的训练任务",
        do=say("evalkit models --open lists what still takes jobs",
               "evalkit models --open 可列出仍接受任务的模型"),
    ),
    _reason(
        "quota", r"exceeded_quota|insufficient_quota|exceed your (hard|billing) limit|billing",
        "the account's budget does not reach", "账户额度不足",
        do=say("raise the limit, or train on less: evalkit estimate FILE --model M --budget USD",
               "提高额度，或减少训练量：evalkit estimate FILE --model M --budget USD"),
    ),
    _reason(
        "moderation",
        r"moderation|content policies|usage policies|safety (checks|evaluation)|content_filter"
        r"|responsible ai",
        "the provider's moderation refused rows", "提供商的内容审核拒绝了部分数据",
        do=say("take the lines that it names out of the file; no rule of lint judges content",
               "从文件中去掉它所指出的行；lint 没有判断内容是否合规的规则"),
    ),
    _reason(
        "few-examples", r"invalid_n_examples|must have at least \d+ (examples|lines|rows)"
        r"|at least \d+ examples",
        "too few examples", "样本太少", "too-few-examples",
    ),
    _reason(
        "role-missing", r"Discriminator 'role' is missing|missing (a )?['\"]?role\b",
        "a message has no role", "有消息缺少 role", "missing-role",
    ),
    _reason(
        "role-unknown", r"Input tag '.{0,80}' found using 'role'|invalid role|unknown role",
        "a message has a role that is none", "有消息的 role 无效", "unknown-role",
    ),
    _reason(
        "not-json", r"cannot be parsed|contains invalid json|invalid json on line",
        "a line is not JSON", "有一行不是 JSON",
        "invalid-json-line", "not-utf-8", "row-not-object",
    ),
    _reason(
        "method", r"the job is not using|is not using '?supervised|fine-tuning job is not using",
        "rows of another method", "数据格式与训练方法不符", "format-method-mismatch",
    ),
    _reason(
        "preference-keys", r"missing key '?(input|preferred_output|non_preferred_output)\b",
        "the rows are no preference pairs", "数据不是偏好对",
        "missing-preference-field", "format-method-mismatch", "unknown-format",
    ),
    _reason(
        "messages-missing", r"missing key '?messages\b",
        "a row has no messages", "有样本缺少 messages",
        "missing-messages", "format-method-mismatch", "unknown-format", "misspelled-key",
    ),
    _reason(
        "prompt-missing", r"missing key '?(prompt|completion)\b",
        "a row has no prompt or no completion", "有样本缺少 prompt 或 completion",
        "unknown-format", "mixed-formats", "misspelled-key",
    ),
    _reason(
        "extra-key", r"contains an extra|may only contain two properties|extra (inputs|fields)",
        "a row has a key that is not taken", "有样本含有不被接受的键",
        "extra-top-level-key", "misspelled-key", "extra-message-key",
    ),
    _reason(
        "content-not-text",
        r"key \"?content\"?: Input should be a valid string|content.{0,40}valid string",
        "a message's content is not a text", "有消息的 content 不是文本",
        "tool-content-not-text", "content-type",
    ),
    _reason(
        "content-list", r"'str' object has no attribute 'get'",
        "a message's content is a list of texts", "有消息的 content 是文本列表",
        "content-type",
    ),
    _reason(
        "unknown-format", r"Unexpected file format|expected either prompt/completion pairs",
        "the rows have no layout that is known", "数据格式无法识别",
        "unknown-format", "layout-not-taken", "mixed-formats",
    ),
    _reason(
        "not-jsonl",
        r"Expected file to have JSONL format|is not a dictionary|No valid json line"
        r"|not appear to be in valid",
        "the file is not JSONL, or begins with a byte-order mark",
        "文件不是 JSONL，或以字节序标记（BOM）开头",
        "byte-order-mark", "json-document", "row-not-object", "invalid-json-line", "not-utf-8",
    ),
    _reason(
        "too-long", r"(maximum|max) (context|token|sequence)|token limit|too many tokens"
        r"|exceeds? .{0,40}tokens",
        "an example is longer than the model takes", "有样本超过模型的长度上限",
        "over-context", "answer-cut-entirely",
    ),
    _reason(
        "nothing-to-learn", r"has an answer to learn within",
        "no example has an answer within the length that is trained on",
        "在训练长度内没有任何样本含有回答",
        "missing-assistant-message", "all-weights-zero", "over-context",
    ),
    _reason(
        "diverged", r"training_diverged|is no number any more",
        "the loss grew beyond all numbers", "损失发散",
        do=say("a smaller learning rate: --learning-rate-multiplier 0.3",
               "降低学习率：--learning-rate-multiplier 0.3"),
    ),
    _reason(
        "memory", r"out_of_memory|out of memory",
        "there was not enough memory", "内存不足",
        do=say("a smaller batch: --batch-size 1",
               "减小批次：--batch-size 1"),
    ),
    _reason(
        "gone", r"trainer_gone",
        "the process that trained was ended", "训练进程已被终止",
        do=say("go on from what was kept: evalkit job resume JOB",
               "从已保存处继续：evalkit job resume JOB"),
    ),
    _reason(
        "internal", r"server_error|internal error",
        "the provider broke; rows with malformed tools have done that",
        "提供商内部错误；格式有误的工具定义曾导致此错误",
        "bad-tools", "bad-tool-schema", "bad-tool-calls", "arguments-not-json",
        "bad-tool-name", "legacy-functions",
        do=say("if lint finds nothing, submit the job again", "若 lint 无发现，请重新提交任务"),
    ),
)  # fmt: skip


def cause_of(job: Job) -> Cause | None:
    """Why a job failed; None where it says nothing.

    Args:
        job: Its `error` is hostile text: matched, never run.
    """
    if job.error is None:
        return None
    said = f"{job.error.code}: {job.error.message}"[:_MOST]
    which = "training"
    if "validation" in (job.error.param or "") or re.search(
        r"invalid_validation_file|invalid validation file|validation file was blocked", said
    ):
        which = "validation"
    for reason in REASONS:
        if re.search(reason.pattern, said, re.IGNORECASE):
            return Cause(reason=reason, which=which)
    return Cause(reason=None, which=which)


def lint_line(
    rules: Sequence[str],
    *,
    path: str = "FILE",
    target: str = "",
    method: str | None = None,
    model: str | None = None,
) -> str:
    """The command that shows a fault in a file; "" without rules.

    Args:
        rules: To select.
        path: Of the file; shown in quotes where a shell needs them.
        target: Whose rules apply.
        method: That the job was of.
        model: That it tuned; named where a rule goes by it and it is on record.
    """
    if not rules:
        return ""
    words = ["evalkit", "lint", path]
    if target and target != "local":
        words += ["--target", target]
    if method in ("preference", "rft"):
        words += ["--method", method]
    if model and _BY_MODEL & set(rules) and _known(model):
        words += ["--model", model]
    words += ["--select", ",".join(rules)]
    return shlex.join(words)


def _known(model: str) -> bool:
    """Whether the registry has it: `--model` refuses others."""
    from evalkit.core.errors import EvalkitError
    from evalkit.targets.load import base_of, model_named

    try:
        model_named(base_of(model))
    except EvalkitError:
        return False
    return True


def cause_lines(
    job: Job, *, train: str = "train.jsonl", validation: str = "validation.jsonl"
) -> list[Phrase]:
    """Why it failed in the provider's words, what that means, and the command that shows it.

    Args:
        job: That failed.
        train: Path of its training file on this machine, as far as known.
        validation: Likewise.
    """
    if job.error is None:
        return []
    code = f"{excerpt(job.error.code, 80)}: " if job.error.code else ""
    words = data(f"{code}{job.error.message}", 800)
    lines = [say("{t} says: {m}", "{t} 的说明：{m}", t=data(job.target, 40), m=words)]
    found = cause_of(job)
    if found is None:
        return lines
    path = validation if found.which == "validation" else train
    reason = found.reason
    if reason is None:
        if not _FILE.search(f"{job.error.code} {job.error.param} {job.error.message[:_MOST]}"):
            return lines
        line = lint_line(("ALL",), path=path, target=job.target, method=job.method)
        lines.append(
            say("Words that evalkit does not know; every rule: <code>{l}</code>",
                "evalkit 不认识该说明；可检查所有规则：<code>{l}</code>", l=data(line))
        )  # fmt: skip
        return lines
    of = {
        "training": say("training file", "训练文件"),
        "validation": say("validation file", "验证文件"),
    }
    lines.append(say("That is: {w} ({f})", "即：{w}（{f}）", w=reason.what, f=of[found.which])
                 if reason.rules else say("That is: {w}", "即：{w}", w=reason.what))  # fmt: skip
    if reason.rules:
        line = lint_line(
            reason.rules, path=path, target=job.target, method=job.method, model=job.model
        )
        lines.append(
            say("Lint would have said so: <code>{l}</code>", "lint 本可提前发现：<code>{l}</code>",
                l=data(line))
        )  # fmt: skip
    if reason.do is not None:
        lines.append(reason.do)
    return lines
