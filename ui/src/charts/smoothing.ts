// The debiased exponential average that W&B draws: its memory is a part of the shown range, not a number of points.

const RANGE_UNITS = 1000; // weight is what is left of a value after 1/1000 of the range

/** Smoothed values; a gap (NaN) stays a gap and does not move the average. weight in [0, 1): 0 changes nothing.
 * x (n,) ascending, values (n,). Because distance counts and not the number of points, a few evaluations are not dragged
 * behind, and the curve does not change with the number of buckets. */
export function smooth(x: Float64Array, values: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return values;
  const range = (x.at(-1) ?? 0) - (x[0] ?? 0) || 1;
  const out = new Float64Array(values.length);
  let [total, mass, before] = [0, 0, x[0] ?? 0];
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      out[i] = Number.NaN;
      continue;
    }
    const here = x[i] ?? before;
    const kept = weight ** (((here - before) / range) * RANGE_UNITS);
    total = total * kept + value;
    mass = mass * kept + 1; // what the average would weigh if it had started long ago: dividing by it takes the start out
    before = here;
    out[i] = total / mass;
  }
  return out;
}
