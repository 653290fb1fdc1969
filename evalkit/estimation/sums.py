# SPDX-License-Identifier: Apache-2.0
"""What the tokens of a set add up to before anything is cut: shares, distributions, the longest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from heapq import heappush, heappushpop

from evalkit.core.location import Location
from evalkit.core.secrets import quoted
from evalkit.data.conversation import INSTRUCTIONS
from evalkit.estimation.facts import Outlier, Shares
from evalkit.estimation.profile_counts import SHOWN_NAME
from evalkit.estimation.profile_spread import Spread, spread
from evalkit.estimation.sequences import Sequences
from evalkit.tokens.frame import Frame
from evalkit.tokens.images import Image
from evalkit.tokens.layout import Layout, TrainingTokens

__all__ = ["Sums"]

_OUTLIERS = 10
_FAR = 5  # times the median, from which an example is far from the rest
_ROLES = 50  # names of roles that are told apart
_ORDER = ("system", "developer", "user", "assistant", "tool")
_KINDS = {"system": 0, "developer": 0, "user": 1, "assistant": 2, "tool": 3, "function": 3}
_OTHERS = 4  # what every other role says


class Sums:
    """Tokens of examples, nothing cut off.

    Attributes:
        methods: What the rows are for, to examples.
        longest: Tokens of the longest sequence: of an example, or of either side of a pair.
        with_tools: Examples with tool definitions.
        with_images: Examples with images.
        images: Images met; those of a pair's prompt once.
        images_unknown: Of them, those whose tokens are not known.
        with_media: Examples with sounds or files, whose tokens are not counted.
    """

    def __init__(self, frame: Frame) -> None:
        """Start empty.

        Args:
            frame: Of the tokenizer, for what a request spends beside an example.
        """
        self._prompt_priming = frame.prompt_priming - frame.priming
        self.methods: Counter[str] = Counter()
        self.longest = self.with_tools = self.with_images = self.with_media = 0
        self.images = self.images_unknown = 0
        self._examples: Counter[int] = Counter()
        self._roles: dict[str, Counter[int]] = {}
        self._turns: Counter[int] = Counter()
        self._said = [0, 0, 0, 0, 0]
        self._tools = self._pictures = self._all = 0
        self._far: list[tuple[int, int, Location]] = []
        self._number = self._answers = 0
        self._prompt = self._answer = self._system = 0

    def take(
        self,
        locations: Sequence[Location],
        read: Sequence[Sequences],
        sides: Sequence[Sequence[Layout]],
        wholes: Sequence[Sequence[TrainingTokens]],
        price: Callable[[Image], int | None],
    ) -> None:
        """Take examples.

        Args:
            locations: Where they stand.
            read: What is trained on in each.
            sides: Layouts of its conversations.
            wholes: Their `tokens`.
            price: Tokens of an image.
        """
        roles: dict[str, list[int]] = {}
        turns: list[int] = []
        for one, layouts in zip(read, sides, strict=True):
            said, answers = self._shared(one, layouts)
            turns.append(answers)
            for role, tokens in said.items():
                if role in roles:
                    roles[role].append(tokens)
                else:
                    roles[role] = [tokens]
            self._request(one, layouts[0])
            if one.tools:
                self.with_tools += 1
            if one.media:
                self.with_media += 1
            if one.images:
                self._see(one, price)
        self._turns.update(turns)
        self._system += sum(sum(roles.get(role, ())) for role in INSTRUCTIONS)
        for role, numbers in roles.items():
            if role in self._roles or len(self._roles) < _ROLES:
                self._roles.setdefault(role, Counter()).update(numbers)
        self.methods.update([one.method for one in read])
        self._measure(locations, wholes)

    def _shared(self, one: Sequences, layouts: Sequence[Layout]) -> tuple[dict[str, int], int]:
        """Role to what it says, and answers; a pair's prompt is said once, and billed twice."""
        by_role: dict[str, int] = {}
        turns = 0
        first, totals = layouts[0], self._said
        for role, span in zip(one.roles[0], first.messages, strict=True):
            if role == "assistant":
                turns += 1
            by_role[role] = by_role.get(role, 0) + span[1]
        for role, said in by_role.items():
            totals[_KINDS.get(role, _OTHERS)] += said
        if len(layouts) > 1:
            self._share_other(one, layouts[1], by_role)
        if one.tools:
            self._tools += sum(layout.tools for layout in layouts)
        if one.images:
            self._pictures += sum(span.images for side in layouts for span in side.messages)
        return by_role, turns

    def _share_other(self, one: Sequences, layout: Layout, by_role: dict[str, int]) -> None:
        for index, (role, span) in enumerate(zip(one.roles[1], layout.messages, strict=True)):
            self._said[_KINDS.get(role, _OTHERS)] += span.said
            if index >= one.answer[0]:
                by_role[role] = by_role.get(role, 0) + span.said

    def _request(self, one: Sequences, layout: Layout) -> None:
        """What the last prompt and its answer would be as a request."""
        start, end = one.answer
        spans = layout.messages
        self._prompt += layout.before + sum([s[0] + s[1] + s[3] for s in spans[:start]])
        if not one.plain:
            self._prompt += self._prompt_priming
        if end > start:
            self._answers += 1
            self._answer += sum([span[1] for span in spans[start:end]])

    def _measure(
        self, locations: Sequence[Location], wholes: Sequence[Sequence[TrainingTokens]]
    ) -> None:
        """Lengths of examples, and the longest of them: of equal ones the first."""
        lengths = [sum([one.billed for one in tokens]) for tokens in wholes]
        self._examples.update(lengths)
        self._all += sum(lengths)
        self.longest = max([self.longest, *[w.billed for tokens in wholes for w in tokens]])
        far = self._far
        for number, (length, location) in enumerate(
            zip(lengths, locations, strict=True), self._number
        ):
            if len(far) < _OUTLIERS:
                heappush(far, (length, -number, location))
            elif length > far[0][0]:
                heappushpop(far, (length, -number, location))
        self._number += len(lengths)

    def _see(self, one: Sequences, price: Callable[[Image], int | None]) -> None:
        shown = [image for images in one.images[0] for image in images]
        if one.images[1:]:
            shown += [image for images in one.images[1][one.answer[0] :] for image in images]
        self.with_images += 1
        self.images += len(shown)
        self.images_unknown += sum(1 for image in shown if price(image) is None)

    def shares(self) -> Shares:
        """Where the tokens go; they add up to those of all examples."""
        system, user, assistant, results, others = self._said
        said = sum(self._said) + self._tools + self._pictures
        return Shares(
            system=system,
            tools=self._tools,
            user=user,
            assistant=assistant,
            results=results,
            images=self._pictures,
            frame=self._all - said,
            others=others,
        )

    def example(self) -> Spread | None:
        """Tokens per example."""
        return spread(self._examples)

    def roles(self) -> Mapping[str, Spread]:
        """Role to tokens per example that has it; names are fit to be shown."""
        order = {role: place for place, role in enumerate(_ORDER)}
        names = sorted(self._roles, key=lambda role: (order.get(role, len(order)), role))
        found = ((name, spread(self._roles[name])) for name in names)
        return {quoted(name, SHOWN_NAME) or "?": one for name, one in found if one is not None}

    def turns(self) -> Spread | None:
        """Assistant messages per example."""
        return spread(self._turns)

    def outliers(self) -> tuple[Outlier, ...]:
        """The longest examples that are far from the rest.

        Far is: more than five medians long, and longer than 95 of 100 (so that a second kind of
        rows, which is no exception, is not named). The median does not move with a few long rows,
        as mean and deviation would.
        """
        known = self.example()
        if known is None or not known.median:
            return ()
        least = max(_FAR * known.median, known.p95)
        return tuple(
            Outlier(location=location, tokens=tokens, times=tokens / known.median)
            for tokens, _, location in sorted(self._far, reverse=True)
            if tokens > least
        )

    @property
    def tokens(self) -> int:
        """Of all examples."""
        return self._all

    def prompt_tokens(self) -> float | None:
        """Mean of the last prompt as a request would bill it; None without examples."""
        return self._prompt / self._number if self._number else None

    def answer_tokens(self) -> float | None:
        """Mean of the last answer, of examples that have one; None where none has."""
        return self._answer / self._answers if self._answers else None

    def system_tokens(self) -> float | None:
        """Mean of what system messages say, of all examples; None without examples."""
        return self._system / self._number if self._number else None
