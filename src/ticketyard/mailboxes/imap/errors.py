"""What can go wrong at a mail server, worded for the admin who has to mend it. No secrets in it."""


class MailServerError(Exception):
    """Something at the server keeps a mailbox from being read; the text says what, and what to do."""


class Unreachable(MailServerError):
    """No connection, or none that is safe."""


class ConnectionLost(MailServerError):
    """It broke off, fell silent, or answered what nobody can read."""


class LogInRefused(MailServerError):
    """The server does not let us in."""


class FolderMissing(MailServerError):
    """There is no such folder."""


class CommandRefused(MailServerError):
    """The server said NO or BAD to one command; the connection still stands."""


class DeadToken(MailServerError):
    """The refresh token is no longer good; a person must consent anew."""
