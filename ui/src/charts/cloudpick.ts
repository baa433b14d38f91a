// Which point of a cloud lies under the pointer.
import type { Matrix4 } from "three";

const REACH_PX = 8;

/** The nearest of the first `count` points within reach, the one in front where several are; -1 when there is none. */
export function pick(places: Float32Array, count: number, matrix: Matrix4, width: number, height: number, x: number, y: number): number {
  const m = matrix.elements;
  const [m0 = 0, m1 = 0, , m3 = 0, m4 = 0, m5 = 0, , m7 = 0, m8 = 0, m9 = 0, , m11 = 0, m12 = 0, m13 = 0, , m15 = 0] = m;
  let [found, best] = [-1, Infinity];
  for (let i = 0; i < count; i++) {
    const [px, py, pz] = [places[3 * i] ?? 0, places[3 * i + 1] ?? 0, places[3 * i + 2] ?? 0];
    const w = m3 * px + m7 * py + m11 * pz + m15;
    if (w <= 0) continue;
    const dx = (((m0 * px + m4 * py + m8 * pz + m12) / w + 1) / 2) * width - x;
    if (dx > REACH_PX || dx < -REACH_PX) continue;
    const dy = ((1 - (m1 * px + m5 * py + m9 * pz + m13) / w) / 2) * height - y;
    const away = dx * dx + dy * dy;
    if (away > REACH_PX * REACH_PX) continue;
    const rank = away + w; // pixels first, depth between neighbours
    if (rank < best) [found, best] = [i, rank];
  }
  return found;
}
