// What a line chart draws beside its lines: marks of values no axis can show, hairlines of stages and findings.
import type uPlot from "uplot";
import { token } from "./colours";
import type { MarkPlace } from "./drawn";

export interface Hairline {
  x: number;
  label: string;
  colour: string; // a token of theme.css
  dash: number[];
}

const MARK_PX = 4;
const LABEL_HEIGHT_PX = 260; // a small panel has no room for words; full screen has

function triangle(ctx: CanvasRenderingContext2D, x: number, y: number, size: number, isUp: boolean): void {
  const tip = isUp ? -size : size;
  ctx.beginPath();
  ctx.moveTo(x - size, y - tip / 2);
  ctx.lineTo(x + size, y - tip / 2);
  ctx.lineTo(x, y + tip);
  ctx.closePath();
}

/** NaN ▽ hollow on the lower axis, −Inf ▼ filled beside it, +Inf △ filled at the top. */
export function drawMarks(u: uPlot, marks: MarkPlace[], ratio: number): void {
  const { ctx, bbox } = u;
  const size = MARK_PX * ratio;
  const drawn = new Set<string>();
  ctx.save();
  for (const mark of marks) {
    const x = Math.round(u.valToPos(mark.x, "x", true));
    const place = `${mark.kind}${Math.round(x / size)}`;
    if (drawn.has(place) || x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    drawn.add(place);
    const isTop = mark.kind === "posinf";
    triangle(ctx, x, isTop ? bbox.top + size : bbox.top + bbox.height - size, size, isTop);
    ctx.lineWidth = 1.25 * ratio;
    ctx.strokeStyle = token("--critical");
    ctx.fillStyle = mark.kind === "nan" ? token("--raised") : token("--critical");
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** A hairline from top to bottom with a small flag at the top. */
export function drawHairlines(u: uPlot, lines: Hairline[], ratio: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [i, line] of lines.entries()) {
    const x = Math.round(u.valToPos(line.x, "x", true)) + 0.5;
    ctx.strokeStyle = token(line.colour);
    ctx.fillStyle = token(line.colour);
    ctx.lineWidth = ratio;
    ctx.setLineDash(line.dash.map((length) => length * ratio));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillRect(x, bbox.top, 6 * ratio, 5 * ratio);
    if (bbox.height < LABEL_HEIGHT_PX * ratio) continue;
    ctx.fillStyle = token("--second");
    ctx.font = `${11 * ratio}px "Inter", sans-serif`;
    ctx.textAlign = "left";
    ctx.fillText(line.label, x + 10 * ratio, bbox.top + (7 + 14 * (i % 3)) * ratio); // neighbours on lines of their own
  }
  ctx.restore();
}
