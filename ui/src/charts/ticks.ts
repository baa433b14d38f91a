// Round places on an axis.

const STEPS = [1, 2, 2.5, 5, 10];

/** At most about `count` round values from low to high; powers of ten on a log axis, whose low and high are exponents. */
export function ticks(low: number, high: number, count: number, isLog = false): number[] {
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const wide = (STEPS.find((step) => step * power >= raw * 0.8) ?? 10) * power;
  const step = isLog ? Math.max(1, Math.round(wide)) : wide;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
