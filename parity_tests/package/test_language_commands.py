"""`--lang` and the locale on the command line: help and errors in Chinese, data as ever."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import run

from diptych.commands.language import fold, taken
from diptych.commands.plain import main as plain
from diptych.commands.wide import cells
from diptych.common.errors import DiptychError
from diptych.common.language import asked, gettext, spoken, using
from diptych.common.registry import network

LOCALE = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "DIPTYCH_LANG": "en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "DIPTYCH_LANG": " "}, "zh"),
        ({"DIPTYCH_LANG": "ZH-cn"}, "zh"),
        ({"LANG": ""}, "en"),
    ],
)
def test_the_surroundings_ask_for_a_language(given: dict[str, str], language: str) -> None:
    assert asked(given) == language


def test_lang_stands_anywhere_and_its_last_value_counts() -> None:
    assert taken(["--lang", "zh", "list", "-h"]) == (["list", "-h"], "zh")
    assert taken(["list", "--lang=zh", "resnet", "--lang", "en"]) == (["list", "resnet"], "en")
    assert taken(["list", "--", "--lang", "zh"]) == (["list", "--", "--lang", "zh"], "en")


@pytest.mark.parametrize("words", [["--lang"], ["--lang="], ["list", "--lang", "de"], ["--lang", "--json", "list"]])
def test_another_language_is_an_error_that_names_the_known_ones(words: list[str]) -> None:
    with pytest.raises(DiptychError, match="--lang takes en or zh, not"):
        taken(words)
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --lang takes en or zh, not")


def test_help_is_chinese_and_no_line_is_too_wide() -> None:
    for words in (["--lang", "zh", "-h"], ["check", "-h", "--lang=zh"], ["convert", "--lang", "zh", "--help"]):
        done = run(*words)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "选项:" in done.stdout.splitlines()
        assert "显示这段帮助。" in done.stdout
        assert max(map(cells, done.stdout.splitlines())) <= 80
        assert "Show " not in done.stdout
    assert spoken() == "en"
    assert "Options:" in run("check", "-h").stdout


def test_errors_are_chinese_around_what_was_typed() -> None:
    done = run("--lang", "zh", "chek")
    assert done.exit_code == 2
    assert done.stderr.startswith("用法：")
    assert "错误：" in done.stderr
    for words, said in (
        (["table"], "错误：缺少参数 'NAME...'。"),
        (["table", "lenet5_modern", "--colour"], "错误：没有 --colour 这个选项"),
        (
            ["check", "lenet5_modern", "--steps", "x"],
            "错误：选项 '--steps' 的值有误：应为一个整数，例如 10，而不是 'x'",
        ),
        (["check", "lenet5_modern", "--json"], "错误：选项 '--json' 需要一个值。"),
        (["card", "a", "b"], "错误：多余的参数（b）"),
    ):
        done = run(*words, "--lang", "zh")
        assert (done.exit_code, done.stderr.count(said)) == (2, 1), done.stderr
    done = run("--lang", "zh", "table", "nonet")
    assert (done.exit_code, done.stderr.partition("：")[0]) == (2, "错误")
    assert "'nonet'" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["list", "lenet", "--json"],
        ["card", "resnet50", "--json"],
        ["table", "lenet5_modern", "--json"],
        ["table", "--compare", "lenet5_modern", "squeezenet1_1", "--json"],
        ["traps", "padding", "--json"],
        ["source", "lenet5_modern", "--torch"],
    ],
)
def test_data_is_the_same_in_every_language(words: list[str]) -> None:
    assert run(*words, "--lang", "zh").stdout == run(*words).stdout != ""


def test_a_page_is_in_the_language(tmp_path: Path) -> None:
    for language, said in (("en", "Where the costs are"), ("zh", "开销分布")):
        assert run("show", "lenet5_modern", "--html", tmp_path / f"{language}.html", "--lang", language).exit_code == 0
        text = (tmp_path / f"{language}.html").read_text("utf-8")
        assert f"<html lang={language}>" in text
        assert said in text


def test_a_card_says_its_quirks_in_the_language() -> None:
    quirks = network("repvgg_a0").card.quirks
    with using("zh"):
        said = [gettext(quirk) for quirk in quirks]
    assert all(one != other for one, other in zip(said, quirks, strict=True))
    printed = "".join(run("card", "repvgg_a0", "--lang", "zh").stdout.split())
    assert [quirk for quirk in said if "".join(quirk.split()) not in printed] == []


@pytest.mark.slow
def test_a_report_is_the_same_in_every_language(tmp_path: Path) -> None:
    found = []
    for language in ("en", "zh"):
        file, junit = tmp_path / f"{language}.json", tmp_path / f"{language}.xml"
        words = ("check", "lenet5_modern", "--gates", "structure", "--json", file, "--junit", junit)
        done = run(*words, "--lang", language)
        assert done.exit_code == 0, done.output
        data = json.loads(file.read_text("utf-8"))
        for report in data["reports"]:
            report["seconds"] = 0
        found.append((data, re.sub(r'time(stamp)?="[^"]*"', "", junit.read_text("utf-8"))))
    assert found[0] == found[1]


def test_plain_lines_speak_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """They are taken before the parser is read."""
    code = "from diptych.commands.plain import main; main()"
    environment = {key: value for key, value in os.environ.items() if key not in (*LOCALE, "DIPTYCH_LANG")}
    for more, words in (({"LANG": "zh_CN.UTF-8"}, []), ({}, ["--lang", "zh"])):
        done = subprocess.run(
            [sys.executable, "-c", code, "table", "nonet", *words],
            env=environment | more, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr.partition("：")[0]) == (2, "错误")
    monkeypatch.setattr(sys, "argv", ["diptych", "table", "nonet", "--lang", "de"])
    with pytest.raises(SystemExit):
        plain()
    assert capsys.readouterr().err.startswith("error: --lang takes en or zh")


def test_chinese_is_folded_by_columns_and_never_before_a_stop() -> None:
    text = fold("步幅为 2 的卷积，填充是 padding='same'（见文档）。\n\n第二段。", 20).replace("\b\n", "")
    assert [cells(line) <= 20 for line in text.splitlines()] == [True] * len(text.splitlines())
    assert text.splitlines()[-1] == "第二段。"
    assert not any(line.startswith(("，", "。", "）")) or line.endswith("（") for line in text.splitlines())
