// One element and the Plotly that draws on it: before another one draws there, the first purges what it drew.
import type { Plotly } from "plotly.js-strict-dist-min";
import { plotlyFor, type Traced } from "./plotlyload";

export class PlotlyHost {
  private plotly: Plotly | null = null;
  private asked = 0;

  constructor(private readonly element: HTMLElement) {}

  /** The library to draw this figure with; null when another figure was asked for, or none, while it was loading. */
  async ready(figure: Traced): Promise<{ plotly: Plotly; isNew: boolean } | null> {
    const ask = ++this.asked;
    const plotly = await plotlyFor(figure);
    if (ask !== this.asked) return null;
    const isNew = plotly !== this.plotly;
    if (isNew) this.plotly?.purge(this.element);
    this.plotly = plotly;
    return { plotly, isNew };
  }

  /** The library of what stands on the element; null while nothing does. */
  library(): Plotly | null {
    return this.plotly;
  }

  purge(): void {
    this.asked++;
    this.plotly?.purge(this.element);
    this.plotly = null;
  }
}
