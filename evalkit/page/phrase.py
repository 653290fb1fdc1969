# SPDX-License-Identifier: Apache-2.0
"""One thing said in both languages of a page; the style sheet shows one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from evalkit.core.printable import printable
from evalkit.core.strings import Language

__all__ = ["Phrase", "Text", "capital", "joined", "same", "say"]

_BOTH = Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-CN">{}</span>')


@dataclass(frozen=True, slots=True)
class Phrase:
    """Markup in English and in Chinese; what came from data in it is already escaped.

    Attributes:
        en: English.
        zh: Chinese.
    """

    en: Markup
    zh: Markup

    def __html__(self) -> Markup:
        """Both languages, each tagged; once where they are the same."""
        if self.en == self.zh:
            return self.en
        return _BOTH.format(self.en, self.zh)

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)

    def plain(self, language: Language) -> str:
        """One language as text without tags, for titles and attributes."""
        return (self.zh if language == "zh" else self.en).striptags()


def say(en: str, zh: str, /, **values: object) -> Phrase:
    """A phrase from two templates; `{names}` are filled and escaped, phrases by language.

    Args:
        en: English, ours: markup in it is kept.
        zh: Chinese, likewise.
        **values: Strings (escaped), numbers, Markup (kept) or phrases.
    """
    return Phrase(
        Markup(en).format(**{k: v.en if isinstance(v, Phrase) else v for k, v in values.items()}),  # noqa: S704 - templates are ours
        Markup(zh).format(**{k: v.zh if isinstance(v, Phrase) else v for k, v in values.items()}),  # noqa: S704 - likewise
    )


def same(text: object) -> Phrase:
    """What reads alike in both languages: a number, a name; escaped."""
    shown = escape(text)
    return Phrase(shown, shown)


def joined(parts: list[Phrase], en: str = "; ", zh: str = "；") -> Phrase:
    """Phrases in a row, each language with its own mark between them; empty ones left out."""
    kept = [part for part in parts if part]
    return Phrase(escape(en).join(p.en for p in kept), escape(zh).join(p.zh for p in kept))


def capital(phrase: Phrase) -> Phrase:
    """The phrase as the start of a line: a capital in English, where it begins with a letter."""
    return Phrase(phrase.en[:1].upper() + phrase.en[1:], phrase.zh)


@dataclass(frozen=True, slots=True)
class Text:
    """How sections speak: `text("rows", "行")`; attributes take one language, `text.plain`.

    Attributes:
        language: The one that the page opens in.
    """

    language: Language = "en"

    def __call__(self, en: str, zh: str, /, **values: object) -> Phrase:
        """The same as `say`."""
        return say(en, zh, **values)

    def plain(self, phrase: Phrase) -> str:
        """The phrase in the language that the page opens in, without tags."""
        return phrase.plain(self.language)

    def of(self, pair: Mapping[str, str]) -> Phrase:
        """A phrase from a mapping with the keys "en" and "zh", which is data: made showable."""
        en = pair.get("en", "")
        return Phrase(escape(printable(en)), escape(printable(pair.get("zh", en))))
