// A button that is only an icon: its name is read aloud and shown on hover.
import { Icon, type IconName } from "./Icon";

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  isPressed?: boolean | undefined;
}

export function IconButton({ icon, label, onClick, isPressed }: IconButtonProps) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} aria-pressed={isPressed} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
