// Counts between edges, as bars.
import { z } from "zod";
import { number } from "../charts/format";
import { evenBars } from "./bars";
import { mediaPanel, type ItemProps } from "./MediaPanel";
import { Sentence } from "./Sentence";

const Content = z.object({ counts: z.array(z.number()).min(1), edges: z.array(z.number()).min(2), nonfinite: z.number().default(0) });

function HistogramItem({ record, name, height }: ItemProps) {
  const content = Content.safeParse(record);
  if (!content.success) return <Sentence>The histogram of {name} holds no counts. Log it as bv.Histogram(values).</Sentence>;
  const { counts, edges, isEven } = evenBars(content.data.counts, content.data.edges);
  const { nonfinite } = content.data;
  const most = Math.max(...counts) || 1;
  const [first = 0, last = 1] = [edges[0], edges.at(-1)];
  const across = (edge: number) => (last > first ? (edge - first) / (last - first) : 0);
  return (
    <div className="histogram" style={{ height }}>
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label={`${name}: ${content.data.counts.length} bins from ${number(first)} to ${number(last)}`}>
        {counts.map((count, i) => {
          const left = across(edges[i] ?? 0);
          const high = count / most;
          return <rect key={i} x={left} width={Math.max(0, across(edges[i + 1] ?? 0) - left)} y={1 - high} height={high} />;
        })}
      </svg>
      <div className="histogram-axis">
        <span>{number(first)}</span>
        <span>
          most {number(isEven ? most : Math.round(most))}
          {isEven ? "" : `, in ${counts.length} even bins`}
          {nonfinite ? `, ${number(nonfinite)} not finite` : ""}
        </span>
        <span>{number(last)}</span>
      </div>
    </div>
  );
}

export const panel = mediaPanel(["histogram"], HistogramItem, 152);
