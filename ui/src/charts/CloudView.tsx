// A cloud of very many points: turned, hovered and capped without Plotly.
import { useEffect, useMemo, useRef, useState } from "react";
import { isSameView } from "./camera";
import { CloudBar } from "./CloudBar";
import { cloudOf, cloudOfPoints, type Cloud } from "./clouddata";
import { CloudScene } from "./cloudscene";
import { number, step } from "./format";
import { noteScene } from "./lastscene";
import type { SceneViewProps } from "./SceneView";

const REST_MS = 40;

function words(cloud: Cloud, point: number): string[] {
  const places = cloud.axes.map(({ title }, i) => `${title} ${number(cloud.values[i]?.[point] ?? NaN)}`);
  const shade = cloud.shades[point];
  return [...places, ...(shade === undefined || !cloud.bar?.title ? [] : [`${cloud.bar.title} ${number(shade)}`])];
}

interface Hover {
  x: number;
  y: number;
  lines: string[];
}

/** What lies under a resting pointer. */
function useHover(scene: React.RefObject<CloudScene | null>, cloud: Cloud) {
  const [hover, setHover] = useState<Hover | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onPointerMove = (event: React.PointerEvent<HTMLElement>) => {
    clearTimeout(timer.current);
    setHover(null);
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (event.buttons === 0) timer.current = setTimeout(() => {
      const point = scene.current?.at(x, y) ?? -1;
      if (point >= 0) setHover({ x, y, lines: words(cloud, point) });
    }, REST_MS);
  };
  const onPointerLeave = () => {
    clearTimeout(timer.current);
    setHover(null);
  };
  return { hover, onPointerMove, onPointerLeave };
}

export default function CloudView({ name, label, content, camera, projection, clock, cap, onCamera, onSteps, handle }: SceneViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const scene = useRef<CloudScene | null>(null);
  const told = useRef({ onCamera, onSteps });
  told.current = { onCamera, onSteps };
  const cloud = useMemo(() => (content.points ? cloudOfPoints(content.points.values, content.points.width) : cloudOf(content)), [content]);
  const [shown, setShown] = useState(0);
  const { hover, ...pointer } = useHover(scene, cloud);

  useEffect(() => {
    if (!host.current || !overlay.current) return;
    const made = new CloudScene(host.current, overlay.current, { onCamera: (next) => told.current.onCamera(next), onDrawn: setShown });
    scene.current = made;
    handle.current = { picture: () => Promise.resolve(made.picture().toDataURL("image/png")) };
    return () => {
      scene.current = null;
      handle.current = null;
      made.dispose();
    };
  }, [handle]);
  useEffect(() => {
    scene.current?.show(cloud);
    told.current.onSteps([]);
    requestAnimationFrame(() => requestAnimationFrame(() => noteScene(name, clock.step, true)));
  }, [cloud, name]);
  useEffect(() => clock.listen((step) => noteScene(name, step, false)), [clock, name]); // a cloud stands still
  useEffect(() => scene.current?.limit(cap), [cap]);
  useEffect(() => {
    if (scene.current && !isSameView(scene.current.camera(), camera)) scene.current.look(camera, projection);
  }, [camera, name]);
  useEffect(() => scene.current?.look(scene.current.camera(), projection), [projection]);

  return (
    <div className="scene" {...pointer}>
      <div ref={host} className="scene-host" role="figure" aria-label={label} />
      <canvas ref={overlay} className="scene-overlay" aria-hidden />
      {cloud.bar ? <CloudBar bar={cloud.bar} /> : null}
      <p className="scene-count">
        {step(shown)} of {step(cloud.count)} points
        {cloud.unfinished ? `, ${step(cloud.unfinished)} not finite and left out` : ""}
      </p>
      {hover ? (
        <div className="scene-hover" style={{ left: hover.x + 14, top: hover.y + 14 }}>
          {hover.lines.map((line) => (
            <div key={line}>{line}</div>
          ))}
        </div>
      ) : null}
    </div>
  );
}
