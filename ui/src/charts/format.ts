// Numbers and times as people read them: four significant digits, SI letters, units that carry.
const LETTERS: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const MINUS = "−";

function signed(text: string): string {
  return text.replace("-", MINUS);
}

/** So many significant digits, without zeros at the end and without an exponent. */
function rounded(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** Four significant digits: 0.001234, 12.35, 1,234, 12.35 k, 1.2e−7. */
export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : `${MINUS}Inf`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return signed(exponent(value, digits));
  if (Number.isInteger(value) && size < 1e5) return signed(value.toLocaleString("en-GB"));
  for (const [unit, letter] of LETTERS) {
    if (size >= unit && size >= 1e4) return signed(`${rounded(value / unit, digits)} ${letter}`);
  }
  return signed(rounded(value, digits));
}

function exponent(value: number, digits: number): string {
  const [mantissa = "0", power = "0"] = value.toExponential(digits - 1).split("e");
  return `${Number(mantissa)}e${Number(power)}`;
}

/** A value with its unit: "41.2 %", "1.2 GB", "12.3 s". */
export function quantity(value: number, unit: string | null): string {
  if (!Number.isFinite(value) || !unit) return number(value);
  if (unit === "bytes" || unit === "B") return bytes(value);
  if (unit === "fraction" || unit === "ratio") return `${number(value * 100)} %`;
  const text = number(value);
  const isSymbol = /^([A-Z]|Hz|FLOP)/.test(unit); // "1.2 GHz", but "250 k tokens/s"
  return isSymbol && /[TGMk]$/.test(text) ? `${text}${unit}` : `${text} ${unit}`;
}

export function bytes(value: number): string {
  for (const [unit, letter] of LETTERS) {
    if (Math.abs(value) >= unit) return `${rounded(value / unit, 3)} ${letter}B`;
  }
  return `${number(value)} B`;
}

/** Tick labels of one axis: as many digits as the distance of two ticks needs, no more. */
export function ticks(values: (number | null)[], increment: number): string[] {
  return values.map((value) => {
    if (value === null) return "";
    if (value === 0) return "0";
    const needed = 1 + Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(Math.max(increment, 1e-300)));
    return number(value, Math.min(7, Math.max(1, needed + 1)));
  });
}

/** Whole steps keep all their digits: 12,345. */
export function step(value: number): string {
  return Number.isInteger(value) ? signed(value.toLocaleString("en-GB")) : number(value, 6);
}

/** A length of time: 850 ms, 12.4 s, 3 min 20 s, 2 h 05 min, 3 d 4 h. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return number(seconds);
  if (seconds < 0) return `${MINUS}${duration(-seconds)}`;
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  if (days > 0) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes ? `${hours} h ${two(minutes)} min` : `${hours} h`;
  return whole % 60 ? `${minutes} min ${two(whole % 60)} s` : `${minutes} min`;
}

/** How long ago, in one unit. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, now - time);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function clock(time: number): string {
  return Number.isFinite(time) ? CLOCK.format(new Date(time * 1000)) : "";
}

const TICK_TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const TICK_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FINEST: [number, number][] = [
  [1, 12], // below a second: 11:42:38.800
  [60, 8],
  [86_400, 5],
];

/** A time of day as fine as the distance of two ticks asks; the first tick also says the day. */
export function clockTick(time: number, increment: number, isFirst: boolean): string {
  const moment = new Date(time * 1000);
  const chars = FINEST.find(([limit]) => increment < limit)?.[1];
  const day = TICK_DAY.format(moment);
  if (chars === undefined) return day;
  const text = TICK_TIME.format(moment).slice(0, chars);
  return isFirst ? `${text}\n${day}` : text;
}

/** Any config or summary value in one line. */
export function value(thing: unknown): string {
  if (typeof thing === "number") return number(thing);
  if (typeof thing === "string") return thing;
  if (thing === null || thing === undefined) return "";
  if (typeof thing === "boolean") return String(thing);
  return JSON.stringify(thing);
}
