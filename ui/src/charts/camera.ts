// Where a scene is looked at from, in the units of its box; as Plotly has it, and as the page's address has it.
import { z } from "zod";

const Spot = z.object({ x: z.number(), y: z.number(), z: z.number() });
export type Spot = z.infer<typeof Spot>;
export const Camera = z.object({ eye: Spot, center: Spot.default({ x: 0, y: 0, z: 0 }) });
export type Camera = z.infer<typeof Camera>;
export type Projection = "perspective" | "orthographic";

export const FIRST_CAMERA: Camera = { eye: { x: 1.5, y: 1.5, z: 1.3 }, center: { x: 0, y: 0, z: 0 } };

const from = (x: number, y: number, z: number): Camera => ({ eye: { x, y, z }, center: { x: 0, y: 0, z: -0.12 } });

/** For figures that bring no cameras of their own: as figures/theme.py has them. */
export const PRESETS: Record<string, Camera> = {
  landscape: from(1.5, 1.5, 1.3),
  gradients: from(1.5, -1.5, 1.2),
  reward: from(1.8, 1.8, 1.5),
  dynamics: from(1.5, 1.5, 1.5),
  top: from(0, -0.01, 2.4),
  front: from(0, -2.4, 0.25),
  side: from(2.4, 0, 0.25),
};

/** "1.5,1.5,1.3,0,0,-0.12": eye and centre, rounded so that an address stays short. */
export function cameraText({ eye, center }: Camera): string {
  return [eye, center].flatMap(({ x, y, z: up }) => [x, y, up]).map((part) => String(Math.round(part * 100) / 100 + 0)).join(",");
}

/** The camera of an address; null for anything else. */
export function cameraOf(text: string | undefined): Camera | null {
  const parts = (text ?? "").split(",").map(Number);
  const [ex, ey, ez, cx, cy, cz] = parts;
  if (parts.length !== 6 || parts.some((part) => !Number.isFinite(part))) return null;
  return { eye: { x: ex ?? 0, y: ey ?? 0, z: ez ?? 0 }, center: { x: cx ?? 0, y: cy ?? 0, z: cz ?? 0 } };
}

const ROOMY = 1.45; // width over height at which the seeds' cameras show the whole box

/** The same view from further away where the canvas is narrow, so that the box fits. */
export function fitted({ eye, center }: Camera, width: number, height: number): Camera {
  const far = width && height ? Math.min(2.5, Math.max(1, (ROOMY * height) / width)) : 1;
  return { eye: { x: eye.x * far, y: eye.y * far, z: eye.z * far }, center };
}

export function isSameView(a: Camera, b: Camera): boolean {
  return cameraText(a) === cameraText(b);
}
