// A cloud of up to some millions of points on the graphics card; drawn when something changed, not in a loop.
import { BufferAttribute, BufferGeometry, Matrix4, Points, Scene, WebGLRenderer, type OrthographicCamera, type PerspectiveCamera } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Camera, Projection } from "./camera";
import { CloudBox } from "./cloudbox";
import type { Cloud } from "./clouddata";
import { finish, lenses, pointMaterial, reachOf, shape, sizeFor } from "./cloudlens";
import { pick } from "./cloudpick";
import { isSoftwareGl } from "./plotlyload";
import { cleared } from "./sceneoverlay";

const TURNING_MS = 60; // a frame may take so long while the cloud is turned
const TURNING_MIN = 20_000;

export class CloudScene {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly lenses = lenses();
  private readonly controls: OrbitControls;
  private readonly material = pointMaterial();
  private readonly observer: ResizeObserver;
  private points = new Points(new BufferGeometry(), this.material);
  private box: CloudBox | null = null;
  private cloud: Cloud | null = null;
  private kind: Projection = "perspective";
  private cap = Infinity;
  private isTurning = false;
  private msPerPoint = 0;
  private waiting = 0;

  constructor(
    private readonly host: HTMLElement,
    private readonly overlay: HTMLCanvasElement,
    private readonly told: { onCamera: (camera: Camera) => void; onDrawn: (shown: number) => void },
  ) {
    this.renderer = new WebGLRenderer({ antialias: !isSoftwareGl(), alpha: true, preserveDrawingBuffer: true });
    this.renderer.setPixelRatio(isSoftwareGl() ? 1 : Math.min(2, window.devicePixelRatio || 1));
    host.append(this.renderer.domElement);
    this.controls = new OrbitControls(this.lenses.perspective, this.renderer.domElement);
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => (this.isTurning = true));
    this.controls.addEventListener("end", () => {
      this.isTurning = false;
      this.draw();
      this.told.onCamera(this.camera());
    });
    this.scene.add(this.points);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.resize();
  }

  show(cloud: Cloud): void {
    this.cloud = cloud;
    this.points.geometry.dispose();
    this.points.geometry = new BufferGeometry();
    this.points.geometry.setAttribute("position", new BufferAttribute(cloud.places, 3));
    this.points.geometry.setAttribute("shade", new BufferAttribute(cloud.colours, 3, true));
    this.points.frustumCulled = false;
    if (this.box) this.scene.remove(this.box.lines);
    this.box?.dispose();
    this.box = new CloudBox(cloud);
    this.scene.add(this.box.lines);
    this.draw();
  }

  limit(cap: number): void {
    this.cap = cap;
    this.draw();
  }
  look({ eye, center }: Camera, kind: Projection): void {
    this.kind = kind;
    this.controls.object = this.lens();
    this.lens().position.set(eye.x, eye.y, eye.z);
    this.controls.target.set(center.x, center.y, center.z);
    this.controls.update();
    this.resize();
  }

  camera(): Camera {
    const [{ x, y, z }, target] = [this.lens().position, this.controls.target];
    return { eye: { x, y, z }, center: { x: target.x, y: target.y, z: target.z } };
  }

  /** The number of the point under a place of the canvas, as it was logged; -1 for none. */
  at(x: number, y: number): number {
    if (!this.cloud) return -1;
    const matrix = new Matrix4().multiplyMatrices(this.lens().projectionMatrix, this.lens().matrixWorldInverse);
    const found = pick(this.cloud.places, this.shown(), matrix, this.host.clientWidth, this.host.clientHeight, x, y);
    return found < 0 ? -1 : (this.cloud.order[found] ?? -1);
  }

  picture(): HTMLCanvasElement {
    this.drawNow();
    return this.renderer.domElement;
  }

  /** Draws before the next frame of the screen. */
  draw(): void {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => this.drawNow());
  }

  dispose(): void {
    cancelAnimationFrame(this.waiting);
    this.observer.disconnect();
    this.controls.dispose();
    this.box?.dispose();
    this.points.geometry.dispose();
    this.material.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
    this.renderer.domElement.remove();
  }

  private lens = (): PerspectiveCamera | OrthographicCamera => this.lenses[this.kind];

  private shown(): number {
    const all = Math.min(this.cap, this.cloud?.count ?? 0);
    const fast = this.msPerPoint ? TURNING_MS / this.msPerPoint : Infinity;
    return this.isTurning ? Math.min(all, Math.max(TURNING_MIN, Math.floor(fast))) : all;
  }

  private resize(): void {
    const [width, height] = [this.host.clientWidth || 1, this.host.clientHeight || 1];
    this.renderer.setSize(width, height);
    shape(this.lenses, width / height, reachOf(this.controls.getDistance()));
    this.draw();
  }

  private drawNow(): void {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
    const [lens, count] = [this.lens(), this.shown()];
    this.material.uniforms.size = { value: sizeFor(count) * this.renderer.getPixelRatio() };
    this.points.geometry.setDrawRange(0, count);
    this.box?.face(lens);
    const began = performance.now();
    this.renderer.render(this.scene, lens);
    if (this.isTurning) {
      finish(this.renderer.getContext());
      this.msPerPoint = (performance.now() - began) / Math.max(1, count); // so that turning stays smooth
    }
    const context = cleared(this.overlay);
    if (context) this.box?.paint(context, lens, this.host.clientWidth, this.host.clientHeight);
    this.told.onDrawn(count);
  }
}
