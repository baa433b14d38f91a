// The keys.
import { Modal } from "@mantine/core";

const KEYS: [string, string][] = [
  ["/", "Search panels or filter runs"],
  ["Tab, then ← → ↑ ↓", "Move between panels"],
  ["f", "The panel in focus in full screen, and back"],
  ["Esc", "Leave full screen, the search or this help"],
  ["drag in a chart", "Zoom: the range is read again, every point of it"],
  ["double click", "Leave the zoom"],
  ["← → and space", "In the observatory: from frame to frame, and play"],
  ["1 … 9", "In the observatory: its scenes"],
  ["?", "This help"],
];

export function HelpDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keys" centered closeButtonProps={{ "aria-label": "Close help" }}>
      <dl className="keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <h3 className="keys-head">In a chart</h3>
      <dl className="keys">
        <div>
          <dt>▽ ▼ △</dt>
          <dd>A step whose value was NaN, −Inf or +Inf</dd>
        </div>
        <div>
          <dt>band</dt>
          <dd>From the lowest to the highest of all points under each pixel</dd>
        </div>
        <div>
          <dt>faint line</dt>
          <dd>The values themselves, behind the smoothed line</dd>
        </div>
      </dl>
    </Modal>
  );
}
