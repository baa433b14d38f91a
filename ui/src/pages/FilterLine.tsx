// The filter over runs, in the server's own language; what it does not understand it says, and the page repeats it.
import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { Icon } from "../charts/Icon";
import { Refused } from "../api/client";

const APPLY_MS = 350;

interface FilterLineProps {
  filter: string;
  total: number;
  reason: unknown;
  onChange: (filter: string) => void;
}

export function FilterLine({ filter, total, reason, onChange }: FilterLineProps) {
  const [text, setText] = useState(filter);
  useEffect(() => setText(filter), [filter]);
  useEffect(() => {
    if (text === filter) return;
    const timer = setTimeout(() => onChange(text), APPLY_MS);
    return () => clearTimeout(timer);
  }, [text, filter, onChange]);
  const isRefused = reason instanceof Refused && reason.status === 400;
  const said = isRefused ? `${reason.message} ${reason.next}` : `${total.toLocaleString("en-GB")} ${total === 1 ? "run" : "runs"}`;
  return (
    <div className="filter-line">
      <TextInput
        size="xs"
        className="filter-input"
        aria-label="Filter runs"
        placeholder='config.lr > 1e-4 and summary.val/loss < 2 and tags has "sft"'
        data-search
        leftSection={<Icon name="search" size={13} />}
        rightSection={<kbd>/</kbd>}
        value={text}
        error={isRefused}
        aria-describedby="filter-said"
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onChange(text);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <span id="filter-said" className="filter-said" data-refused={isRefused} role="status">
        {said}
      </span>
    </div>
  );
}
