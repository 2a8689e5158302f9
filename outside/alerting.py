"""Faults told by mail or webhook, to whom the operator has named; off until then.

Holds: the settings (`alerts/settings.yaml` of a home) and sending the message. Does not hold: finding faults, or the
message itself, which holds identifiers only (orchestration.alarms).
"""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sousei.foundation.told import ToldError
from sousei.outside.http import Asker, ReachError

SETTINGS = "settings.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Strict):
    """A mail server that takes mail of this machine without a password, as those inside an office do."""

    host: str
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls"] = "none"
    sender: str
    to: list[str] = Field(min_length=1)


class Webhook(_Strict):
    """An address that takes the message as JSON by POST: https, or http on this machine."""

    url: str


class Settings(_Strict):
    """Where faults are told. when: `new` only what was not told before, `always` as long as anything is wrong."""

    when: Literal["new", "always"] = "new"
    mail: Mail | None = None
    webhook: Webhook | None = None


def settings(folder: Path) -> Settings | None:
    """The settings in a folder, None where there are none. Raises ToldError where they cannot be used."""
    path = folder / SETTINGS
    if not path.is_file():
        return None
    try:
        return Settings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ToldError(
            f"alert_settings: {path} を読めません（{type(error).__name__}）。 / {path} cannot be read"
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = " / ".join(map(str, first["loc"]))
        raise ToldError(
            f"alert_settings: {path} の {where} が読めません（{first['msg']}）。 / {path}: {where}: {first['msg']}"
        ) from None


def send(said: Settings, message: Mapping[str, Any], timeout: float = 20.0) -> list[str]:
    """Tell the message in each way that is set up; what could not be told, Japanese / English, a line each."""
    if not (message["new_faults"] or message["ended_faults"] or (said.when == "always" and message["known_faults"])):
        return []
    problems = []
    if said.webhook:
        try:
            Asker(pause=0, timeout=timeout, attempts=2, wait=1).post(said.webhook.url, json.dumps(message).encode())
        except ReachError as error:
            problems.append(f"alert_not_sent: webhook に送れません: {error.ja} / alert_not_sent: webhook: {error.en}")
    if said.mail:
        try:
            _mail(said.mail, message, timeout)
        except (OSError, smtplib.SMTPException) as error:
            kind = type(error).__name__
            problems.append(f"alert_not_sent: メールを送れません（{kind}） / alert_not_sent: mail: {kind}")
    return problems


def _mail(said: Mail, message: Mapping[str, Any], timeout: float) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = said.sender, ", ".join(said.to)
    letter["Subject"] = f"[sousei] {'異常' if not message['healthy'] else '復旧'} {message['release_id'] or ''}".strip()
    letter.set_content(text(message), cte="base64")
    with smtplib.SMTP(said.host, said.port, timeout=timeout) as server:
        if said.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.send_message(letter)


def text(message: Mapping[str, Any]) -> str:
    """The message for people: identifiers, each in a line."""
    parts = [f"時刻: {message['at']}", f"公表版: {message['release_id'] or 'なし'}"]
    names = {
        "new_faults": "新しい異常",
        "known_faults": "続いている異常",
        "ended_faults": "なくなった異常",
        "late": "届いていない資料",
    }
    for key, ja in names.items():
        if message[key]:
            parts += [f"{ja}:", *(f"  {one}" for one in message[key])]
    parts.append("詳しくはその機械で sousei status を実行してください。")
    return "\n".join(parts) + "\n"
