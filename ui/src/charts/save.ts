// Files that the browser saves: a chart as PNG, rows as CSV.
import { token } from "./colours";

function offer(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

export function fileName(...parts: string[]): string {
  return parts.join("-").replace(/[^\w.-]+/g, "_").slice(0, 120);
}

/** The canvas on the panel's ground, with the series' name above it. */
export function savePng(canvas: HTMLCanvasElement, title: string, name: string): void {
  const ratio = window.devicePixelRatio || 1;
  const head = 28 * ratio;
  const sheet = document.createElement("canvas");
  sheet.width = canvas.width;
  sheet.height = canvas.height + head;
  const context = sheet.getContext("2d");
  if (!context) return;
  context.fillStyle = token("--raised");
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.fillStyle = token("--ink");
  context.font = `${12 * ratio}px "JetBrains Mono", monospace`;
  context.fillText(title, 10 * ratio, 19 * ratio);
  context.drawImage(canvas, 0, head);
  offer(sheet.toDataURL("image/png"), `${name}.png`);
}

export function saveAddress(url: string, name: string): void {
  offer(url, name);
}
