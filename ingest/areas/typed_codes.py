"""Municipality codes as people type and spreadsheets save them -> the five-digit code, where it is certain.

Holds: what a code that lost its zero can be. 012238 (根室市 with its check digit) loses it to 12238, which is いすみ市;
1223 can only be 01223. Does not hold the arithmetic of a code (codes.py) or the codes of publishers' forms, whose
columns have one known width (area_keys.py).
"""

from __future__ import annotations

import re

from sousei.ingest.areas.register import Register
from sousei.ingest.vocabulary.codes import valid6
from sousei.ingest.vocabulary.text import squeeze


def meanings(text: object, known: Register) -> list[str]:
    """Five-digit codes of today or before that a text can stand for: as it stands first, then with its zero again."""
    digits = re.sub(r"\.0+$", "", squeeze(text))
    if not (digits.isascii() and digits.isdigit()):
        return []
    found = []
    if len(digits) == 6:
        found = [digits[:5]] if valid6(digits) else []
    elif len(digits) == 5:
        found = [digits, *([f"0{digits[:4]}"] if valid6(f"0{digits}") else [])]
    elif len(digits) == 4:
        found = [f"0{digits}"]
    return [code for code in found if code in known.names_of]


def of_name(text: object, name: str, known: Register) -> str | None:
    """The one code that the text can stand for and whose area has, or had, this name; None where there is none."""
    codes = [code for code in meanings(text, known) if known.agrees(code, squeeze(name)) is True]
    return codes[0] if len(codes) == 1 else None


def alone(text: object, known: Register) -> str | None:
    """The code of a text without a name beside it; None where it may be two areas' or has lost a digit."""
    codes = meanings(text, known)
    return codes[0] if len(codes) == 1 and len(squeeze(text)) in {5, 6} and _whole(text, codes[0]) else None


def _whole(text: object, code: str) -> bool:
    """The text is the code with or without its check digit, no zero lost."""
    return squeeze(text)[:5] == code
