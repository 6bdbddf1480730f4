"""What the handlers of the outbox may raise.

OutboxError
├── Busy            it cannot work now; its rows wait, and no attempt is counted
│   └── Unfinished  it did what fits into one turn; the rest comes again soon
└── Refused         some of its rows will never do; the others are done
"""

from __future__ import annotations

import errno
import smtplib
import socket
from collections.abc import Mapping

from django.db import InterfaceError, OperationalError

_PASSING_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EROFS}

_PASSING = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    OperationalError,
    InterfaceError,
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    # the password of the mall is wrong, not the mail
    smtplib.SMTPAuthenticationError,
)


class OutboxError(Exception):
    """Root of what a handler says about its rows."""


class Busy(OutboxError):
    """A server is away, a lock is held: the rows wait as long as that lasts. The message says what is waited for."""


class Unfinished(Busy):
    """Part of the rows is done, which one does not say: all come again soon, and what is done is seen as done."""


class Refused(OutboxError):
    """Rows that will never do as they are. reasons: one line for each key. All other rows of the batch are done."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(f"{len(reasons)} refused")
        self.reasons = dict(reasons)


def is_passing(error: BaseException) -> bool:
    """Whether it heals without anybody touching the row: a server away or in haste, a full disk, a locked database."""
    if isinstance(error, (Busy, *_PASSING)):
        return True
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError) and error.errno in _PASSING_NUMBERS
