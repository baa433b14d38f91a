// The frame around every panel: name at the left, value at the right, tools on hover or focus, a foot for what must be said.
import type { ReactNode } from "react";
import { IconButton } from "../charts/IconButton";

const FOOT_PX = 16;

/** What a drawing gets: the place of the foot too, where nothing must be said there. */
export const drawingHeight = (height: number, foot: ReactNode): number => (foot ? height : height + FOOT_PX);

interface PanelFrameProps {
  name: string;
  value?: ReactNode;
  foot?: ReactNode;
  tools?: ReactNode;
  height: number;
  isFull: boolean;
  isBusy?: boolean;
  onFull: (key: string | null) => void;
  children: ReactNode;
}

export function PanelFrame({ name, value, foot, tools, height, isFull, isBusy, onFull, children }: PanelFrameProps) {
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.key !== "f" || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    onFull(isFull ? null : name);
  };
  return (
    <div className="panel" role="group" aria-label={name} aria-busy={isBusy} data-panel={name} tabIndex={isFull ? -1 : 0} data-autofocus={isFull || undefined} data-full={isFull || undefined} onKeyDown={onKeyDown}>
      <header className="panel-head">
        <h3 className="panel-name" title={name}>
          {name}
        </h3>
        <span className="panel-value">{value}</span>
        <span className="panel-tools">
          {tools}
          <IconButton icon={isFull ? "close" : "full"} label={isFull ? "Leave full screen" : "Full screen"} onClick={() => onFull(isFull ? null : name)} />
        </span>
      </header>
      <div className="panel-body" style={{ height: drawingHeight(height, foot) }}>
        {children}
      </div>
      {foot ? <footer className="panel-foot">{foot}</footer> : null}
    </div>
  );
}
