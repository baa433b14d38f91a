// How high the bars of a histogram are, as parts of the highest.

const EVEN = 1e-6; // widths that differ by less of the widest are even: edges are float64 of a division

/** Counts where all bins are as wide as each other, else counts by width: it is the area of a bar that people read. */
export function barHeights(counts: number[], edges: number[]): { heights: number[]; isEven: boolean } {
  const widths = counts.map((_, i) => (edges[i + 1] ?? 0) - (edges[i] ?? 0));
  const widest = Math.max(...widths);
  const narrowest = Math.min(...widths.filter((width) => width > 0));
  const isEven = !(widest > 0) || widths.every((width) => Math.abs(width - widest) <= EVEN * widest);
  const raw = isEven ? counts : counts.map((count, i) => count / Math.max(widths[i] ?? 0, narrowest));
  const most = Math.max(...raw, isEven ? 1 : 0) || 1;
  return { heights: raw.map((value) => value / most), isEven };
}
