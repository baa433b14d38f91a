"""A process for tests: writes each message as a line; dies or dawdles when asked to."""

import os
import sys
import time
from pathlib import Path

from belvedere.live.beside import LENGTH


def main() -> None:
    target = Path(sys.argv[1])
    with target.open("w") as said:
        while head := sys.stdin.buffer.read(LENGTH.size):
            size = LENGTH.unpack(head)[0]
            if not size:
                return
            if "--die" in sys.argv:
                os._exit(3)
            if "--slow" in sys.argv:
                time.sleep(1.0)
            said.write(sys.stdin.buffer.read(size).decode() + "\n")


main()
