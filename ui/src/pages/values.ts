// Nested values as flat names: {"optimizer": {"lr": 1}} becomes "optimizer.lr".

/** Pairs in the order they came; a list of plain values stays one value. */
export function flat(values: Record<string, unknown>, prefix = ""): [string, unknown][] {
  return Object.entries(values).flatMap(([name, held]): [string, unknown][] => {
    const full = prefix ? `${prefix}.${name}` : name;
    if (isNested(held) && Object.keys(held).length) return flat(held, full);
    return [[full, held]];
  });
}

function isNested(held: unknown): held is Record<string, unknown> {
  return typeof held === "object" && held !== null && !Array.isArray(held);
}
