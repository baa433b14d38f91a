// The three functions of Plotly that we call.
declare module "plotly.js-strict-dist-min" {
  const plotly: {
    react(host: HTMLElement, data: unknown[], layout: Record<string, unknown>, config: Record<string, unknown>): Promise<unknown>;
    purge(host: HTMLElement): void;
  };
  export default plotly;
}
