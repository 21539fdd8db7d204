"""The errors a user can cause, each one sentence naming the input, the problem and the remedy.

The command line prints the sentence and exits with `exit_code`; the API answers with `http_status` and the
sentence as the `detail` of an RFC 9457 problem document. Anything else that escapes is a bug and shows a
traceback.
"""


class CodriverError(Exception):
    """Base of every error that is part of the interface."""

    exit_code = 2
    http_status = 400
    title = "Bad request"


class InputError(CodriverError, ValueError):
    """A value, sentence, option or request body that cannot be used."""

    title = "Invalid input"


class NotFoundError(CodriverError, LookupError):
    """A name (signal, rule, conversation, setting) that does not exist."""

    http_status = 404
    title = "Not found"


class FileFormatError(CodriverError, ValueError):
    """A file that cannot be read as what it should be."""

    http_status = 500
    title = "Unreadable file"


class ResourceError(CodriverError, RuntimeError):
    """Something outside the program is missing or taken: a port, a CAN interface, a device."""

    http_status = 503
    title = "Resource unavailable"


def ended(problem: str) -> str:
    """`problem` with its full stop, unless it ends as a sentence already ("…; did you mean Level?")."""
    bare = problem.rstrip()
    return bare if bare.endswith((".", "?", "!")) else f"{bare}."
