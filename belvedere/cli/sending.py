"""Sends runs to a server one by one. What it has already is not sent again: a sending that broke off is repeated."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from belvedere.cli.progress import each_run
from belvedere.core.errors import BelvedereError, ServerUnreachable
from belvedere.record.upload import Server, Upload
from belvedere.runlog.layout import RunFolder

RETRY_SECS = 0.5


@dataclass
class Sent:
    """Bytes sent of each run that is now whole at the server, and one sentence for each that is not."""

    size_bytes: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def raise_refused(self) -> None:
        """BelvedereError when there are runs that were not sent."""
        if self.refused:
            raise BelvedereError("\n".join(self.refused))


def send_each(folders: Sequence[RunFolder], url: str, key: str, *, wait_secs: float) -> Sent:
    """Brings the server up to date with every run. One that it refuses is named at the end, the others are sent; when
    it stays away the rest is not tried."""
    sent = Sent()
    with each_run(folders, "sending") as told:
        for number, (folder, _) in enumerate(told):
            name = f"{folder.project}/{folder.run_id}"
            try:
                sent.size_bytes[name] = send(folder, url, key, wait_secs=wait_secs)
            except ServerUnreachable as fault:
                left = len(folders) - number
                sent.refused.append(f"{fault} {left} of {len(folders)} runs are not all there; nothing is lost, run "
                                    "the same command again")  # fmt: skip
                break
            except BelvedereError as fault:
                sent.refused.append(f"{name}: {fault}")
    return sent


def send(folder: RunFolder, url: str, key: str, *, wait_secs: float) -> int:
    """Send what the server lacks of one run, as the run is now; the bytes sent. A server that is away is asked again
    for `wait_secs`, then ServerUnreachable is raised."""
    until = time.monotonic() + wait_secs
    with Server(url, folder, key) as server:
        upload = Upload(folder, server)
        while True:
            try:
                return upload.pass_once()
            except ServerUnreachable:
                if time.monotonic() >= until:
                    raise
                upload.forget()
                time.sleep(min(RETRY_SECS, wait_secs))
