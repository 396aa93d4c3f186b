"""Mail as text: what a reader sees, and which messages belong together."""

import io
import json
import tarfile
from pathlib import Path

from bert_core.data.mail import HAM, SPAM, Mail, read_mails

ASKED = (
    "Message-Id: <1@list>\nReceived: by secret.example\nSubject: [ILUG] Disk is full\n\nIt says so."
)
ANSWERED = (
    "In-Reply-To: <1@list>\nMessage-Id: <2@list>\nSubject: another subject\n\nDelete the logs."
)
RETITLED = "Subject: Re: Fwd: [ILUG] disk is full\n\nSame here."
OFFER = (
    "Subject: =?utf-8?q?Caf=C3=A9?=\nContent-Type: text/html\n\n<html><style>p {}</style>"
    "<!-- hidden --><p>Buy &amp; save</p> http://shop.example/1 ------- </html>"
)
COPIES = [f"Subject: win {name}\n\n" + "You have won a holiday in the sun, call us. " * 4 + name
          for name in ("alpha", "beta")]  # fmt: skip


def archive(tmp_path: Path, mails: dict[str, str]) -> Path:
    """A .tgz as the package has it: one JSON file for each message."""
    path = tmp_path / "mails.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in mails.items():
            content = json.dumps({"text": text}).encode()
            entry = tarfile.TarInfo(f"package/data/{name}.0f.json")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def read(tmp_path: Path, *texts: str, group: str = "easy-ham-1") -> list[Mail]:
    return read_mails(archive(tmp_path, {f"{group}/{at:05}": one for at, one in enumerate(texts)}))


def test_a_mail_is_its_subject_and_body_and_no_other_header(tmp_path: Path) -> None:
    (mail,) = read(tmp_path, ASKED)
    assert mail.text == "Disk is full. It says so" and mail.label == HAM


def test_of_html_what_is_shown_is_kept(tmp_path: Path) -> None:
    (mail,) = read(tmp_path, OFFER, group="spam-2")
    assert mail.text == "Café. Buy & save link" and mail.label == SPAM


def test_answers_and_one_subject_are_one_thread(tmp_path: Path) -> None:
    asked, answered, retitled, offer = read(tmp_path, ASKED, ANSWERED, RETITLED, OFFER)
    assert asked.thread == answered.thread == retitled.thread != offer.thread


def test_copies_of_a_mailing_are_one_thread(tmp_path: Path) -> None:
    first, second = read(tmp_path, *COPIES, group="spam-1")
    assert first.thread == second.thread


def test_a_mail_with_a_broken_charset_is_read_all_the_same(tmp_path: Path) -> None:
    (mail,) = read(tmp_path, "Subject: =?no-such?q?x?=\nContent-Type: text/plain; "
                   "charset=no-such\n\nHello")  # fmt: skip
    assert mail.text.endswith("Hello")
