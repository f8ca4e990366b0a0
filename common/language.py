"""The language of what a person reads: English as it stands in the code, or another by a catalogue of gettext.

Only what is shown to a person is translated, and only where it is shown: JSON, JUnit, manifests and the texts of errors
as objects stay English. `--lang`, DIPTYCH_LANG or the locale asks for a language (`asked`); English reads nothing.
The catalogue is `diptych/locale/zh/LC_MESSAGES/diptych.mo`; `make write ONLY=locale` makes it of the .po files there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages, each as it calls itself; the first is that of the code."""
ENGLISH = "en"
VARIABLE = "DIPTYCH_LANG"
LOCALE = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""The variables of a locale; the first that says something counts."""
FOLDER = Path(__file__).parents[1] / "locale"
_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


class Message(str):
    """A text in English that can still be said in another language: what it was made of is kept."""

    form: str
    values: Mapping[str, Any]


def asked(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the surroundings ask for; a value of DIPTYCH_LANG that is none is passed over.

    >>> asked({"LANG": "zh_CN.UTF-8"}), asked({"LANG": "zh_CN.UTF-8", "DIPTYCH_LANG": "en"}), asked({"LANG": "de_DE"})
    ('zh', 'en', 'en')
    """
    own = environment.get(VARIABLE, "").strip().lower()
    if own:
        return of_locale(own)
    return of_locale(next(filter(None, map(environment.get, LOCALE)), ""))


def of_locale(text: str) -> str:
    """The language of a locale such as zh_CN.UTF-8 or zh:en; English for what is not known.

    >>> of_locale("zh_TW.UTF-8"), of_locale("zh:en"), of_locale("C"), of_locale("zhuang")
    ('zh', 'zh', 'en', 'en')
    """
    first = text.partition(":")[0].partition(".")[0].replace("-", "_").partition("_")[0].lower()
    return first if first in LANGUAGES else ENGLISH


def use(name: str) -> None:
    """Speak a language from here on; one of LANGUAGES."""
    _spoken.set(name if name in LANGUAGES else ENGLISH)


def spoken() -> str:
    """The language that is spoken now."""
    return _spoken.get()


@contextmanager
def using(name: str) -> Iterator[None]:
    """Speak a language for a while."""
    before = _spoken.set(name)
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(text: str) -> str:
    """A text in the language that is spoken; in English where the catalogue does not have it."""
    return text if _spoken.get() == ENGLISH or not text else _catalogue(_spoken.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a text that goes with a count, in the language that is spoken."""
    if _spoken.get() == ENGLISH:
        return one if count == 1 else many
    return _catalogue(_spoken.get()).ngettext(one, many, count)


def marked(text: str) -> str:
    """The text as it is; the mark says that it is translated later, where it is shown."""
    return text


def message(form: str, **values: Any) -> Message:
    """A text of an error, in English with its values put in; `local` says it in the language that is spoken.

    >>> message("there is no network {name!r}", name="lenet6")
    "there is no network 'lenet6'"
    """
    made = Message(form.format(**values) if values else form)
    made.form, made.values = form, values
    return made


def local(text: object) -> str:
    """A text, or the text of an error, in the language that is spoken, where it is a Message; else as it is."""
    said = text.args[0] if isinstance(text, BaseException) and len(text.args) == 1 else text
    if not isinstance(said, Message):
        return str(text)
    values = {key: local(value) if isinstance(value, Message) else value for key, value in said.values.items()}
    return gettext(said.form).format(**values) if values else gettext(said.form)


@cache
def _catalogue(name: str) -> NullTranslations:
    from gettext import GNUTranslations, NullTranslations

    path = FOLDER / name / "LC_MESSAGES" / "diptych.mo"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)
