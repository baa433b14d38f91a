// Lenses and dots of a cloud.
import { OrthographicCamera, PerspectiveCamera, ShaderMaterial } from "three";

const FOV_DEGREES = 45; // as Plotly's, so that a camera means the same in both
const [NEAR, FAR] = [0.01, 100];

const VERTEX = `attribute vec3 shade; varying vec3 tint; uniform float size;
void main() { tint = shade; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); gl_PointSize = size; }`;
const FRAGMENT = `varying vec3 tint; uniform float size;
void main() { if (size > 2.5 && distance(gl_PointCoord, vec2(0.5)) > 0.5) discard; gl_FragColor = vec4(tint, 1.0); }`;

export interface Lenses {
  perspective: PerspectiveCamera;
  orthographic: OrthographicCamera;
}

/** Both lenses, with z upwards. */
export function lenses(): Lenses {
  const made = { perspective: new PerspectiveCamera(FOV_DEGREES, 1, NEAR, FAR), orthographic: new OrthographicCamera(-1, 1, 1, -1, NEAR, FAR) };
  for (const lens of Object.values(made)) lens.up.set(0, 0, 1);
  return made;
}

/** Half the height that the perspective lens sees at a distance: so much the orthographic one shows. */
export function reachOf(distance: number): number {
  return distance * Math.tan((FOV_DEGREES / 360) * Math.PI);
}

export function shape({ perspective, orthographic }: Lenses, aspect: number, reach: number): void {
  perspective.aspect = aspect;
  Object.assign(orthographic, { left: -reach * aspect, right: reach * aspect, top: reach, bottom: -reach });
  for (const lens of [perspective, orthographic]) lens.updateProjectionMatrix();
}

/** Round dots of one size on the screen, each in its colour. */
export function pointMaterial(): ShaderMaterial {
  return new ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms: { size: { value: 4 } } });
}

/** CSS pixels of a dot: many are drawn small, so that the cloud does not become a wall. */
export function sizeFor(count: number): number {
  if (count > 200_000) return 2;
  return count > 20_000 ? 3 : 5;
}

/** Waits for the card: its work is done when a pixel can be read. */
export function finish(gl: WebGLRenderingContext | WebGL2RenderingContext): void {
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}
