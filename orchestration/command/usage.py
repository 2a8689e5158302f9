"""Wrong arguments, told in Japanese beside the words of argparse.

Holds: those words. Does not hold: which arguments there are (`parser`), what is wrong with a value (its kind says so).
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import NoReturn

_WORDS = {
    r"the following arguments are required: (.+)": r"次の引数が要ります: \1",
    r"unrecognized arguments: (.+)": r"ない引数です: \1",
    r"argument (.+): invalid choice: (.*) \(choose from (.+)\)": r"\1 に \2 は選べません。選べるもの: \3",
    r"argument (.+): expected (?:one|\d+|at least one) arguments?": r"\1 に値がありません",
    r"argument (.+): ignored explicit argument (.+)": r"\1 は値をとりません: \2",
    r"argument (.+): not allowed with argument (.+)": r"\1 と \2 は一緒に使えません",
    r"argument (.+): invalid int value: (.+)": r"\1 は整数で書いてください: \2",
    r"argument (.+): invalid float value: (.+)": r"\1 は数で書いてください: \2",
    r"argument (.+): invalid \S+ value: (.+)": r"\1 の値が正しくありません: \2",
    r"ambiguous option: (.+) could match (.+)": r"\1 は一つに決まりません: \2",
}
"""What argparse says -> the same in Japanese."""


def in_both(message: str) -> str:
    """A complaint of argparse in Japanese and English; unchanged where a value's kind has its own words in both."""
    for said, ja in _WORDS.items():
        if found := re.fullmatch(said, message, re.DOTALL):
            return f"{found.expand(ja)}。 / {message}"
    return message


class Parser(argparse.ArgumentParser):
    """argparse that says in both languages what is wrong with a call; 2 is the code for that."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"wrong_use: {in_both(message)}\n{self.prog} --help で例を示します。 / see {self.prog} --help\n")
