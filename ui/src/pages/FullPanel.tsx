// One panel over the whole window. Esc or `f` leaves it.
import { Modal } from "@mantine/core";
import { useViewportSize } from "@mantine/hooks";
import type { KeyInfo } from "../api/schema";
import { panelFor } from "../panels/registry";
import type { Shared } from "./PanelGrid";

const FRAME_PX = 120;

export function FullPanel({ info, shared }: { info: KeyInfo; shared: Shared }) {
  const { height } = useViewportSize();
  const { Panel } = panelFor(info.kind);
  const close = () => shared.onFull(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "f" && !(event.target instanceof HTMLInputElement)) close();
  };
  return (
    <Modal opened onClose={close} fullScreen withCloseButton={false} transitionProps={{ duration: 0 }} aria-label={`${info.key} in full screen`} onKeyDown={onKeyDown}>
      {height ? <Panel {...shared} info={info} height={Math.max(200, height - FRAME_PX)} isFull /> : null}
    </Modal>
  );
}
