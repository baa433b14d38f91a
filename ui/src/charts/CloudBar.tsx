// What the colours of a cloud mean.
import type { Bar } from "./cloudcolours";
import { number } from "./format";

export function CloudBar({ bar: { title, low, high, stops } }: { bar: Bar }) {
  return (
    <div className="cloud-bar">
      <span>{title}</span>
      <span>{number(high)}</span>
      <i style={{ background: `linear-gradient(to top, ${stops.join(", ")})` }} />
      <span>{number(low)}</span>
    </div>
  );
}
