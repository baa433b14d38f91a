// The box around a cloud: a floor and two walls as faint grids on the far sides, ticks and titles on the near edges.
import { BufferGeometry, Float32BufferAttribute, LineBasicMaterial, LineSegments, type Camera, Vector3 } from "three";
import { token } from "./colours";
import type { Cloud, CloudAxis } from "./clouddata";
import { number } from "./format";
import { ticks } from "./ticks";

const TICKS = 5;

function share(axis: CloudAxis, value: number): number {
  return (value - axis.low) / (axis.high - axis.low) - 0.5;
}

function ticksOf(axis: CloudAxis): number[] {
  return ticks(axis.low, axis.high, TICKS, axis.isLog);
}

/** The sides that a camera looks at from inside: -1 or 1 for x and y, the floor is always below. */
function farSides(eye: Vector3): [number, number] {
  return [eye.x > 0 ? -1 : 1, eye.y > 0 ? -1 : 1];
}

/** End points (6 per line) of the grids on the floor and the two far walls. */
function gridLines({ axes, sides }: Cloud, [wallX, wallY]: [number, number]): number[] {
  const [a, b, c] = sides.map((side) => side / 2);
  const [hx = 0.5, hy = 0.5, hz = 0.5] = [a, b, c];
  const lines: number[] = [];
  const [x, y, z] = axes;
  for (const at of x ? ticksOf(x).map((value) => share(x, value) * 2 * hx) : []) lines.push(at, -hy, -hz, at, hy, -hz, at, wallY * hy, -hz, at, wallY * hy, hz);
  for (const at of y ? ticksOf(y).map((value) => share(y, value) * 2 * hy) : []) lines.push(-hx, at, -hz, hx, at, -hz, wallX * hx, at, -hz, wallX * hx, at, hz);
  for (const at of z ? ticksOf(z).map((value) => share(z, value) * 2 * hz) : []) lines.push(-hx, wallY * hy, at, hx, wallY * hy, at, wallX * hx, -hy, at, wallX * hx, hy, at);
  return lines;
}

export class CloudBox {
  readonly lines = new LineSegments(new BufferGeometry(), new LineBasicMaterial());
  private facing = "";

  constructor(private readonly cloud: Cloud) {
    this.lines.renderOrder = -1;
  }

  /** Turns the walls to the far sides. */
  face(camera: Camera): void {
    const sides = farSides(camera.position);
    this.lines.material.color.set(token("--strong-line"));
    if (this.facing === sides.join()) return;
    this.facing = sides.join();
    this.lines.geometry.setAttribute("position", new Float32BufferAttribute(gridLines(this.cloud, sides), 3));
    this.lines.geometry.computeBoundingSphere();
  }

  /** Ticks and titles, painted in CSS pixels along the three edges nearest to the eye. */
  paint(context: CanvasRenderingContext2D, camera: Camera, width: number, height: number): void {
    const [wallX, wallY] = farSides(camera.position);
    const [hx, hy, hz] = this.cloud.sides.map((side) => side / 2);
    const half = [hx ?? 0.5, hy ?? 0.5, hz ?? 0.5];
    const edges = [
      (at: number) => new Vector3(at, -wallY * (half[1] ?? 0), -(half[2] ?? 0)),
      (at: number) => new Vector3(-wallX * (half[0] ?? 0), at, -(half[2] ?? 0)),
      (at: number) => new Vector3(wallX * (half[0] ?? 0), -wallY * (half[1] ?? 0), at),
    ];
    const middle = this.pixels(new Vector3(), camera, width, height);
    context.textAlign = "center";
    context.textBaseline = "middle";
    this.cloud.axes.forEach((axis, i) => {
      const place = (at: number, out: number): [number, number] => {
        const [x, y] = this.pixels(edges[i]?.(at) ?? new Vector3(), camera, width, height);
        const far = Math.hypot(x - middle[0], y - middle[1]) || 1;
        return [x + ((x - middle[0]) / far) * out, y + ((y - middle[1]) / far) * out];
      };
      context.font = '12px "Inter", sans-serif';
      context.fillStyle = token("--second");
      for (const value of ticksOf(axis)) context.fillText(tickText(axis, value), ...place(share(axis, value) * 2 * (half[i] ?? 0), 16));
      context.fillText(axis.title, ...place(0, 48));
    });
  }

  dispose(): void {
    this.lines.geometry.dispose();
    this.lines.material.dispose();
  }

  private pixels(place: Vector3, camera: Camera, width: number, height: number): [number, number] {
    const { x, y } = place.project(camera);
    return [((x + 1) / 2) * width, ((1 - y) / 2) * height];
  }
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function tickText({ isLog }: CloudAxis, value: number): string {
  if (!isLog) return number(value);
  return `10${String(value).replace("-", "⁻").replace(/\d/g, (digit) => RAISED[Number(digit)] ?? "")}`;
}
