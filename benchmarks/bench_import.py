"""What `import belvedere` costs in a fresh process, beside `import numpy`.

python -m benchmarks.bench_import
"""

import subprocess
import sys

ROUNDS = 15
LIMIT_MS = 100.0
TIMED = "import time; start = time.perf_counter(); {}; print((time.perf_counter() - start) * 1000)"


def milliseconds(statement: str) -> float:
    """The best of several fresh processes: the disk's cache is warm then, and the machine is shared."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    return min(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(ROUNDS))


def main() -> None:
    floor = milliseconds("import numpy")
    cost = milliseconds("import belvedere")
    verdict = "ok" if cost <= LIMIT_MS else "MISSED"
    print(f"import belvedere {cost:6.1f} ms | import numpy {floor:6.1f} ms | to reach {LIMIT_MS:g} ms: {verdict}")
    first_use = milliseconds("import belvedere; belvedere.init")
    print(f"and what init needs, numpy included: {first_use:6.1f} ms")


if __name__ == "__main__":
    main()
