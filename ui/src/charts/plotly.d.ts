// What we call of Plotly, and the few inner parts of a 3-D scene that make a move cheap; all of them may be missing.
declare module "plotly.js-strict-dist-min" {
  export interface GlScene {
    glplot?: {
      canvas: HTMLCanvasElement;
      cameraParams: { model: ArrayLike<number>; view: ArrayLike<number>; projection: ArrayLike<number> };
      onrender: (() => void) | null;
      redraw(): void;
    };
    dataScale?: [number, number, number];
    traces?: Record<string, { update(trace: Record<string, unknown>): void }>;
    getCamera?(): unknown;
  }
  export interface DrawnAxis {
    d2l?(value: unknown): number;
  }
  export interface DrawnScene {
    _scene?: GlScene;
    xaxis?: DrawnAxis;
    yaxis?: DrawnAxis;
    zaxis?: DrawnAxis;
  }
  export interface DrawnHost extends HTMLElement {
    _fullLayout?: Record<string, DrawnScene | undefined>;
    _fullData?: ({ uid?: string; scene?: string; type?: string } & Record<string, unknown>)[];
    on?(event: string, listener: (told: Record<string, unknown> | undefined) => void): void;
  }
  type Layout = Record<string, unknown>;
  export interface Plotly {
    react(host: HTMLElement, data: unknown[], layout: Layout, config: Layout): Promise<DrawnHost>;
    animate(host: HTMLElement, frames: { data: unknown[]; traces: number[] }[], how: Layout): Promise<unknown>;
    relayout(host: HTMLElement, change: Layout): Promise<unknown>;
    toImage(figure: { data: unknown[]; layout: Layout; config?: Layout }, how: Layout): Promise<string>;
    purge(host: HTMLElement): void;
  }
  const plotly: Plotly;
  export default plotly;
}

declare module "plotly.js-gl3d-dist-min" {
  export { default } from "plotly.js-strict-dist-min"; // the same with fewer trace types
}
