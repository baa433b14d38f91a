// Which ranks of a series are drawn. None chosen: the lowest that logged it.
import { Checkbox, Popover } from "@mantine/core";

interface RankPickerProps {
  ranks: number[];
  chosen: number[];
  onChange: (ranks: number[]) => void;
}

export function RankPicker({ ranks, chosen, onChange }: RankPickerProps) {
  const toggle = (rank: number) => onChange(chosen.includes(rank) ? chosen.filter((each) => each !== rank) : [...chosen, rank].sort((a, b) => a - b));
  return (
    <Popover position="bottom-end" shadow="md" withinPortal>
      <Popover.Target>
        <button type="button" className="icon-button text-button" aria-label="Choose ranks">
          {chosen.length ? `ranks ${chosen.join(", ")}` : `${ranks.length} ranks`}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {ranks.map((rank) => (
          <Checkbox key={rank} size="xs" mb={4} label={`rank ${rank}`} checked={chosen.includes(rank)} onChange={() => toggle(rank)} />
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
