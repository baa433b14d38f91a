// Histograms as people read them: bars of one width, so that heights are counts.

const EVEN = 1e-6; // widths that differ by less of the widest are even: edges are float64 of a division
const BINS = 40;

export interface Bars {
  counts: number[];
  edges: number[];
  isEven: boolean; // as it was logged
}

function spread(counts: number[], edges: number[], first: number, width: number): number[] {
  const bins = Array.from({ length: BINS }, () => 0);
  const place = (value: number) => Math.min(BINS - 1, Math.max(0, Math.floor((value - first) / width)));
  counts.forEach((count, i) => {
    const [left = first, right = first] = [edges[i], edges[i + 1]];
    for (let bin = place(left); bin <= place(right); bin++) {
      const overlap = Math.min(right, first + (bin + 1) * width) - Math.max(left, first + bin * width);
      const share = right > left ? Math.max(0, overlap) / (right - left) : bin === place(left) ? 1 : 0;
      bins[bin] = (bins[bin] ?? 0) + count * share;
    }
  });
  return bins;
}

/**
 * Bins of many widths become even ones. The values of a bin are taken to lie evenly in it: TensorBoard's bins grow
 * with the distance from 0, and drawn as they are, a few values in one narrow bin would tower above all others.
 */
export function evenBars(counts: number[], edges: number[]): Bars {
  const [first = 0, last = 0] = [edges[0], edges.at(-1)];
  const widths = counts.map((_, i) => (edges[i + 1] ?? 0) - (edges[i] ?? 0));
  const widest = Math.max(...widths);
  if (!(last > first) || widths.every((width) => Math.abs(width - widest) <= EVEN * widest)) return { counts, edges, isEven: true };
  const width = (last - first) / BINS;
  return { counts: spread(counts, edges, first, width), edges: Array.from({ length: BINS + 1 }, (_, i) => first + i * width), isEven: false };
}
