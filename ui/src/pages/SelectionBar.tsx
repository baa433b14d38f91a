// What can be done with the selected runs.
interface SelectionBarProps {
  selected: string[];
  shown: string[];
  onShown: (names: string[]) => void;
  onClear: () => void;
}

export function SelectionBar({ selected, shown, onShown, onClear }: SelectionBarProps) {
  if (!selected.length) return null;
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected runs">
      <b>{selected.length} selected</b>
      <button type="button" className="toggle" onClick={() => onShown(selected)}>
        Chart only these
      </button>
      <button type="button" className="toggle" onClick={() => onShown([...new Set([...shown, ...selected])])}>
        Add to charts
      </button>
      <button type="button" className="toggle" onClick={() => onShown(shown.filter((name) => !selected.includes(name)))}>
        Remove from charts
      </button>
      <button type="button" className="toggle" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}
