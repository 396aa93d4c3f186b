"""Options made from settings: what they are called, mean and become when they are not given."""

import argparse
from dataclasses import dataclass

import pytest

from bert_core.cli.options import add_settings
from bert_core.cli.parser import main


@dataclass(frozen=True)
class Settings:
    """Some."""

    body_rate: float = 0.25
    """Peak of `the` rate,
    at 15% of the run."""
    seed: int = 7


def test_an_option_says_what_stands_below_its_field() -> None:
    parser = argparse.ArgumentParser()
    add_settings(parser, Settings())
    said = " ".join(parser.format_help().split())
    assert "--body-rate BODY_RATE Peak of the rate, at 15% of the run. Default: 0.25." in said
    assert "--seed SEED Default: 7." in said


def test_what_is_not_given_is_the_default_or_left_open() -> None:
    plain, own = argparse.ArgumentParser(), argparse.ArgumentParser()
    add_settings(plain, Settings())
    add_settings(own, Settings(), before="the set's own, or ")
    assert vars(plain.parse_args(["--seed", "3"])) == {"body_rate": 0.25, "seed": 3}
    assert vars(own.parse_args(["--seed", "3"])) == {"body_rate": None, "seed": 3}
    assert "Default: the set's own, or 7." in own.format_help()


def test_without_a_source_options_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> str:
        raise OSError("could not get source code")

    monkeypatch.setattr("inspect.getsource", none)
    parser = argparse.ArgumentParser()
    add_settings(parser, Settings())
    assert parser.parse_args([]).seed == 7


@pytest.mark.parametrize("verb", [["train"], ["head", "train"], ["lens-train"]])
def test_the_verbs_that_train_explain_their_settings(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*verb, "--help"])
    assert "Longest row" in (said := capsys.readouterr().out) or "Tokens of a text" in said
