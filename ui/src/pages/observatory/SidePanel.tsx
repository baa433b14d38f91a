// How the scene is looked at: its options, cameras, projection, twin, and what can be kept of it.
import { SegmentedControl, Slider } from "@mantine/core";
import { address, runPath, type RunRef } from "../../api/client";
import type { Camera } from "../../charts/camera";
import type { Meta } from "../../charts/moves";
import { step as stepText } from "../../charts/format";
import { OptionFields, type Chosen } from "../OptionFields";
import type { Place } from "../place";
import type { Scene } from "./scenes";

interface SidePanelProps {
  run: RunRef;
  scene: Scene;
  meta: Meta;
  place: Place;
  asked: Chosen;
  theme: string;
  points: number; // 0 when the scene is no cloud
  onChange: (part: Partial<Place>) => void;
  onCamera: (camera: Camera) => void;
  onPicture: () => void;
}

function Cameras({ meta, onCamera }: Pick<SidePanelProps, "meta" | "onCamera">) {
  return (
    <div className="side-part" role="group" aria-label="Cameras">
      <h2>Camera</h2>
      <div className="side-buttons">
        {Object.entries(meta.cameras).map(([name, camera]) => (
          <button key={name} type="button" className="toggle" onClick={() => onCamera(camera)}>
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Half of a slider's way is the square root of all points, so that small caps can be set too. */
function Cap({ points, cap, onCap }: { points: number; cap: number; onCap: (cap: number | undefined) => void }) {
  const way = Math.log(Math.min(cap, points)) / Math.log(points);
  return (
    <div className="side-part">
      <h2>
        Points <small>{stepText(Math.min(cap, points))}</small>
      </h2>
      <Slider size="sm" label={null} min={0.5} max={1} step={0.01} value={way} thumbLabel="Points drawn at most" onChange={(next) => onCap(next >= 1 ? undefined : Math.round(points ** next))} />
    </div>
  );
}

export function SidePanel({ run, scene, meta, place, asked, theme, points, onChange, onCamera, onPicture }: SidePanelProps) {
  const isFlat = place.twin === 1;
  const info = scene.kind === "figure" ? scene.info : undefined;
  const twins = Object.keys(info?.twin ?? {});
  const options = (info?.options ?? []).filter(({ name, choices }) => !twins.includes(name) || (!isFlat && choices.length > 2)); // of two, the twin is the other
  const inOrder = [...options].sort((a, b) => Number(b.name.includes("colo")) - Number(a.name.includes("colo")));
  const page = info ? address(`${runPath(run)}/figures/${encodeURIComponent(info.id)}.html`, { ...asked, theme }) : null;
  return (
    <aside className="side" aria-label="How the scene is drawn" tabIndex={0}>
      {inOrder.length ? (
        <div className="side-part side-options">
          <OptionFields run={run} options={inOrder} chosen={place.options} onChange={(next) => onChange({ options: next })} />
        </div>
      ) : null}
      {points ? <Cap points={points} cap={place.cap ?? Infinity} onCap={(cap) => onChange({ cap })} /> : null}
      {twins.length ? (
        <div className="side-part">
          <button type="button" className="toggle" aria-pressed={isFlat} onClick={() => onChange({ twin: isFlat ? undefined : 1 })}>
            2-D twin
          </button>
        </div>
      ) : null}
      {isFlat ? null : <Cameras meta={meta} onCamera={onCamera} />}
      {isFlat ? null : (
        <div className="side-part">
          <h2>Projection</h2>
          <SegmentedControl size="xs" fullWidth aria-label="Projection" data={["perspective", "orthographic"]} value={place.ortho === 1 ? "orthographic" : "perspective"} onChange={(next) => onChange({ ortho: next === "orthographic" ? 1 : undefined })} />
        </div>
      )}
      <div className="side-part side-buttons">
        <button type="button" className="toggle" onClick={onPicture}>
          Save PNG
        </button>
        {page ? (
          <a className="toggle" href={page} download>
            Save HTML
          </a>
        ) : null}
      </div>
    </aside>
  );
}
