"""Every error Belvedere raises.

BelvedereError
├── UsageError          the caller asked for something that cannot be done as asked (exit code 2 on the command line)
│   ├── NameRefused     a project, run or series may not be called that
│   └── FilterError     a run filter does not parse
├── NotFound            no such directory, run, series, figure
├── DamagedLog          bytes on disk that are not what was written; names file and offset
├── UnknownFormat       a file of another program, or of a newer Belvedere
├── RecordingError      the recorder could not keep something (raised only with strict=True)
└── ServerUnreachable   a Belvedere server did not answer
"""


class BelvedereError(Exception):
    """Base of all; its text says what happened, with which value, and what to do now."""


class UsageError(BelvedereError):
    """The caller asked for something that cannot be done as asked."""


class NameRefused(UsageError):
    """A project, run or series may not be called that."""


class FilterError(UsageError):
    """A run filter does not parse."""


class NotFound(BelvedereError):
    """No such directory, run, series or figure."""


class DamagedLog(BelvedereError):
    """Bytes on disk that are not what was written."""


class UnknownFormat(BelvedereError):
    """A file of another program, or of a newer Belvedere."""


class RecordingError(BelvedereError):
    """The recorder could not keep something; raised only with strict=True."""


class ServerUnreachable(BelvedereError):
    """A Belvedere server did not answer."""
