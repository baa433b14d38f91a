// Names and values of a mapping: searched, and copied whole or one by one.
import { TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { Icon } from "../charts/Icon";
import { IconButton } from "../charts/IconButton";
import { flat } from "./values";

const copy = (text: string) => void navigator.clipboard?.writeText(text);

function exact(held: unknown): string {
  return typeof held === "string" ? held : JSON.stringify(held);
}

interface ValueListProps {
  title: string;
  values: Record<string, unknown>;
  empty: React.ReactNode;
}

export function ValueList({ title, values, empty }: ValueListProps) {
  const [search, setSearch] = useState("");
  const all = useMemo(() => flat(values), [values]);
  const words = search.toLowerCase().split(/\s+/);
  const shown = all.filter(([name, held]) => words.every((word) => `${name} ${exact(held)}`.toLowerCase().includes(word)));
  if (!all.length) return <div className="empty">{empty}</div>;
  return (
    <section className="values" aria-label={title}>
      <header className="values-head">
        <h2>{title}</h2>
        <TextInput
          size="xs"
          placeholder="Search"
          aria-label={`Search ${title}`}
          data-search
          leftSection={<Icon name="search" size={13} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <button type="button" className="toggle" onClick={() => copy(JSON.stringify(values, null, 2))}>
          Copy as JSON
        </button>
      </header>
      <dl>
        {shown.map(([name, held]) => (
          <div key={name} className="value-row">
            <dt title={name}>{name}</dt>
            <dd>
              <span>{exact(held)}</span>
              <IconButton icon="copy" label={`Copy ${name}`} onClick={() => copy(exact(held))} />
            </dd>
          </div>
        ))}
      </dl>
      {shown.length ? null : <p className="sentence">Nothing here has “{search}” in its name or value.</p>}
    </section>
  );
}
