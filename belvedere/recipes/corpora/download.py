"""One file from its address into a cache folder: goes on where it was cut off, is kept only with the right checksum."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

import belvedere as bv

TIMEOUT_SECS = 20.0  # without a byte
BLOCK_BYTES = 1 << 18
SAY_EVERY_BYTES = 8 << 20
RANGE_REFUSED = 416  # what is there already is as long as the whole file


def downloaded(address: str, folder: Path, *, sha256: str | None = None, timeout_secs: float = TIMEOUT_SECS) -> Path:
    """The file's path in `folder`, fetched unless it lies there. UsageError when it cannot be had or has another
    checksum than `sha256`; what came so far stays beside it, and the next call goes on from there."""
    path = folder / address.rpartition("/")[2]
    if path.is_file():
        return path
    part = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(address, part, timeout_secs)
    except (OSError, http.client.HTTPException) as fault:  # URLError, time-outs and a full disk are OSError
        said = getattr(fault, "reason", None) or fault
        raise bv.UsageError(f"{address} could not be fetched ({said}); try again to go on where it stopped, or fetch "
                            f"it by hand into {folder}") from fault  # fmt: skip
    if sha256 is not None and (found := _checksum(part)) != sha256:
        part.unlink()
        raise bv.UsageError(f"{address} came with the checksum {found[:12]}… instead of {sha256[:12]}… and was thrown "
                            "away; fetch it again, or use a file that you trust")  # fmt: skip
    os.replace(part, path)
    print(f"kept as {path}", flush=True)
    return path


def _fetch(address: str, part: Path, timeout_secs: float) -> None:
    """Append what is missing to `part`."""
    there = part.stat().st_size if part.exists() else 0
    asked = urllib.request.Request(address, headers={"Range": f"bytes={there}-"} if there else {})
    try:
        answer = urllib.request.urlopen(asked, timeout=timeout_secs)
    except urllib.error.HTTPError as fault:
        with fault:  # it holds the connection
            if fault.code == RANGE_REFUSED and there:
                return
            raise OSError(f"{fault.code} {fault.reason}") from fault
    with answer:
        goes_on = answer.status == http.client.PARTIAL_CONTENT  # a server may send the whole file instead
        before = there if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = before + int(length) if length else None
        print(f"fetching {address}" + (f", {before / 1e6:.1f} MB are there" if before else ""), flush=True)
        with part.open("ab" if goes_on else "wb") as file:
            done = said_at = before
            while block := answer.read(BLOCK_BYTES):
                done += file.write(block)
                if done - said_at >= SAY_EVERY_BYTES:
                    said_at = done
                    print(f"  {done / 1e6:.0f} MB" + (f" of {total / 1e6:.0f} MB" if total else ""), flush=True)
    if total is not None and done < total:
        raise OSError(f"{done:,} of {total:,} bytes came")


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
