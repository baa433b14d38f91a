// A scene by Plotly with a painted layer above it; the clock moves both.
import { useEffect, useRef, useState } from "react";
import { isSameView } from "./camera";
import { noteScene } from "./lastscene";
import { PlotlyScene } from "./plotlyscene";
import type { SceneViewProps } from "./SceneView";

export function PlotlyView({ name, label, content, camera, projection, headPx, clock, onCamera, onSteps, handle }: SceneViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const held = useRef<{ scene: PlotlyScene; name: string } | null>(null);
  const told = useRef({ onCamera, onSteps });
  told.current = { onCamera, onSteps };
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    if (!host.current || !overlay.current) return;
    const [box, scene] = [host.current, new PlotlyScene(host.current, overlay.current, (next) => told.current.onCamera(next))];
    held.current = { scene, name: "" };
    handle.current = { picture: () => scene.picture(box.clientWidth, box.clientHeight) };
    return () => {
      held.current = null;
      handle.current = null;
      scene.purge();
    };
  }, [handle]);

  useEffect(() => {
    const { current } = held;
    if (!current) return;
    let isGone = false;
    const kept = current.name === name ? current.scene.camera() : camera; // new data must not turn what one is turning
    current.scene
      .show(content, { camera: kept, projection, headPx }, clock.step)
      .then((steps) => {
        if (isGone) return;
        current.name = name;
        told.current.onSteps(steps);
        requestAnimationFrame(() => noteScene(name, clock.step, true));
      })
      .catch((reason: unknown) => setTrouble(reason instanceof Error ? reason.message : "unknown reason"));
    return () => void (isGone = true);
  }, [content, name, headPx]);

  useEffect(() => {
    const { current } = held;
    if (current && current.name === name && !isSameView(camera, current.scene.camera())) current.scene.turn(camera, projection);
  }, [camera]);

  useEffect(() => {
    const { current } = held;
    if (current && current.name === name) current.scene.turn(current.scene.camera(), projection);
  }, [projection]);

  useEffect(
    () =>
      clock.listen((step) => {
        held.current?.scene.move(step);
        if (held.current?.name) noteScene(held.current.name, step, false);
      }),
    [clock],
  );

  return (
    <div className="scene">
      <div ref={host} className="scene-host" role="figure" aria-label={label} />
      <canvas ref={overlay} className="scene-overlay" aria-hidden />
      {trouble ? <p className="sentence scene-trouble">The scene could not be drawn: {trouble}. Reload the page.</p> : null}
    </div>
  );
}
