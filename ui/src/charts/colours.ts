// Which colour a run has: a stable hash of its name, moved aside only where two runs in one view would share it.
const COUNT = 18;
const STORE = "belvedere.colours";

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193) >>> 0;
  }
  return h;
}

/** Palette places of runs shown together. A chosen place wins; of two runs with one place the later moves on. */
export function places(names: string[], chosen: Record<string, number> = {}): Map<string, number> {
  const found = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names) {
    let place = chosen[name] ?? hash(name) % COUNT;
    if (chosen[name] === undefined && taken.size < COUNT) while (taken.has(place)) place = (place + 1) % COUNT;
    found.set(name, place);
    taken.add(place);
  }
  return found;
}

export const paletteSize = COUNT;
export const paletteColour = (place: number): string => `var(--run-${place % COUNT})`;

export function readChosen(): Record<string, number> {
  const found: Record<string, number> = {};
  const stored: unknown = JSON.parse(localStorage.getItem(STORE) ?? "{}");
  if (typeof stored !== "object" || stored === null) return found;
  for (const [name, place] of Object.entries(stored)) if (typeof place === "number") found[name] = place;
  return found;
}

export function choose(name: string, place: number): void {
  localStorage.setItem(STORE, JSON.stringify({ ...readChosen(), [name]: place }));
  window.dispatchEvent(new Event(COLOURS_CHANGED));
}

export const COLOURS_CHANGED = "belvedere-colours";

const tokens = new Map<string, string>();

/** A token of theme.css as it is now, for canvases. Accepts "--name" or "var(--name)". */
export function token(name: string): string {
  const root = document.documentElement;
  const held = `${root.getAttribute("data-mantine-color-scheme")} ${name}`;
  const known = tokens.get(held);
  if (known !== undefined) return known;
  const found = getComputedStyle(root).getPropertyValue(name.replace(/^var\((.*)\)$/, "$1")).trim();
  if (found) tokens.set(held, found); // reading a computed style may lay the page out anew, so each is read once
  return found;
}

/** The same colour, partly clear. */
export function faded(colour: string, alpha: number): string {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (!hex) return colour;
  return `#${hex}${Math.round(alpha * 255).toString(16).padStart(2, "0")}`;
}

/** r, g, b in 0..255 of a "#rrggbb" list, evenly spaced and blended: what a heat map is painted with. */
export function ramp(stops: string[], size: number): [number, number, number][] {
  const parts = stops.map((stop) => [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)));
  return Array.from({ length: size }, (_, i) => {
    const at = (i / (size - 1)) * (parts.length - 1);
    const low = parts[Math.floor(at)] ?? [0, 0, 0];
    const high = parts[Math.ceil(at)] ?? low;
    const mix = (c: number) => Math.round((low[c] ?? 0) + ((high[c] ?? 0) - (low[c] ?? 0)) * (at % 1));
    return [mix(0), mix(1), mix(2)];
  });
}
