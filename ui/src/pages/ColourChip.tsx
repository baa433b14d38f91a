// The colour of a run; a click offers the others.
import { Popover } from "@mantine/core";
import { useState } from "react";
import { choose, paletteColour, paletteSize } from "../charts/colours";

export function ColourChip({ name, colour }: { name: string; colour: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" withinPortal trapFocus>
      <Popover.Target>
        <button type="button" className="colour-chip" aria-label={`Colour of ${name}`} onClick={() => setOpen(!isOpen)}>
          <i style={{ background: colour }} />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="palette">
          {Array.from({ length: paletteSize }, (_, place) => (
            <button
              key={place}
              type="button"
              className="colour-chip"
              aria-label={`Colour ${place + 1}`}
              onClick={() => {
                choose(name, place);
                setOpen(false);
              }}
            >
              <i style={{ background: paletteColour(place) }} />
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
