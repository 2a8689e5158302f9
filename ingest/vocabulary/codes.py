"""Municipality codes: five digits inside, six digits with check digit at the door.

Holds the arithmetic of 全国地方公共団体コード. Does not hold which municipalities exist (dbt_project/seeds) or what
level an area is (register.py).
"""

from __future__ import annotations

import polars as pl

from sousei.ingest.vocabulary.text import squeeze

_WEIGHTS = (6, 5, 4, 3, 2)


def check_digit(code5: str) -> str:
    """Check digit of a five-digit code: last digit of 11 - (weighted sum mod 11), weights 6 5 4 3 2.

    >>> check_digit("01223")
    '8'

    Raises ValueError where code5 is not five digits.
    """
    if len(code5) != 5 or not (code5.isascii() and code5.isdigit()):
        raise ValueError(f"not a five-digit code: {code5!r}")
    remainder = sum(int(digit) * weight for digit, weight in zip(code5, _WEIGHTS, strict=True)) % 11
    return str((11 - remainder) % 10)


def valid6(code6: str) -> bool:
    """True where the text is six digits and the last one is the check digit of the others."""
    return len(code6) == 6 and code6.isascii() and code6.isdigit() and check_digit(code6[:5]) == code6[5]


def five_digits(value: object, digits: int | None = None) -> str:
    """Five-digit code from what files hold: '012238', '01223', 1223, 1223.0, full-width digits.

    digits: 5 or 6 where the column is known to hold that form (an integer column has lost its leading zero); by
    default up to five characters are a five-digit code and six are a code with check digit.
    Raises ValueError: not a code, or a wrong check digit.
    """
    text = squeeze(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise ValueError(f"not a municipality code: {text!r}")
    if (digits or len(text)) == 6:
        text = text.zfill(6)
        if not valid6(text):
            raise ValueError(f"wrong check digit: {text} (expected {text[:5]}{check_digit(text[:5])})")
        return text[:5]
    if len(text) > 5:
        raise ValueError(f"not a five-digit code: {text!r}")
    return text.zfill(5)


def check_digit_column(code5: pl.Expr) -> pl.Expr:
    """Check digit of a column of five-digit codes, as text; null where a code is not five digits."""
    total = pl.sum_horizontal(
        *[code5.str.slice(place, 1).cast(pl.Int32, strict=False) * weight for place, weight in enumerate(_WEIGHTS)]
    )
    digit = ((11 - total % 11) % 10).cast(pl.String)
    return pl.when(code5.str.contains(r"^\d{5}$")).then(digit)
