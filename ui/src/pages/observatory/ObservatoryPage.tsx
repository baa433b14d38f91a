// The observatory of one run: one large canvas, its scenes, one time line that moves all of them.
import { useEffect, useMemo, useRef, useState } from "react";
import type { RunRef } from "../../api/client";
import { useFindings, useKeys, useRun, useWatch } from "../../api/queries";
import type { RunDetail } from "../../api/schema";
import { cameraOf, cameraText, FIRST_CAMERA, fitted, type Camera } from "../../charts/camera";
import { fileName, saveAddress } from "../../charts/save";
import { IconButton } from "../../charts/IconButton";
import { isCloud, SceneView, type SceneHandle } from "../../charts/SceneView";
import { metaOf, ownCamera, pointCount } from "../../charts/moves";
import { warmUp } from "../../charts/plotlyload";
import { useWidth } from "../../charts/size";
import { Trouble } from "../../panels/Sentence";
import { usePlace } from "../place";
import "./observatory.css";
import { Samples, useSampleKey } from "./Samples";
import { SceneHead } from "./SceneHead";
import { SceneList } from "./SceneList";
import { useScenes, type Scene } from "./scenes";
import { SidePanel } from "./SidePanel";
import { TimeLine } from "./TimeLine";
import { spanOf } from "./timeline";
import { useClock } from "./useClock";
import { useEvaluations } from "./useEvaluations";
import { useObservatoryKeys } from "./useObservatoryKeys";
import { usePlay } from "./usePlay";
import { useSceneContent } from "./useSceneContent";
import { useThumbnails } from "./useThumbnails";

const HEAD_PX = 96;

interface ViewProps {
  detail: RunDetail;
  ready: Scene[];
  waiting: Parameters<typeof SceneList>[0]["waiting"];
}

function Observatory({ detail, ready, waiting }: ViewProps) {
  const { place, change } = usePlace();
  const scene = ready.find(({ id }) => id === place.scene) ?? ready[0];
  const { content, options, theme, isOld, error } = useSceneContent(detail, scene, place);
  const [frames, setFrames] = useState<number[]>([]);
  const [isDrawn, setDrawn] = useState(false);
  const [isSideOpen, setSideOpen] = useState(false);
  const [areSamplesOpen, setSamplesOpen] = useState(false);
  const handle = useRef<SceneHandle | null>(null);
  const { data: keys } = useKeys(detail);
  const span = useMemo(() => spanOf(keys?.keys ?? [], frames), [keys, frames]);
  const { clock, move, isFollowing } = useClock(span.last);
  const play = usePlay(clock, frames, span, move);
  const { data: findings } = useFindings(detail, isDrawn);
  const evaluations = useEvaluations(detail, isDrawn);
  const sampleKey = useSampleKey(detail);
  const thumbnails = useThumbnails(detail, ready, isDrawn);
  const choose = (next: Scene) => change({ scene: next.id, options: undefined, camera: undefined, twin: undefined, cap: undefined }, "push");
  const onMove = (step: number) => (play.stop(), move(step));
  useObservatoryKeys({ scenes: ready, clock, frames, span, onMove, onPlay: play.toggle, onChoose: choose });
  const meta = metaOf(content);
  const { ref, width } = useWidth<HTMLDivElement>();
  const fit = (camera: Camera) => fitted(camera, width, ref.current?.clientHeight ?? 0);
  const name = [scene?.id, JSON.stringify(options), place.twin].join(" ");
  const onCamera = (camera: Camera) => change({ camera: cameraText(camera) });
  const onSteps = (steps: number[]) => (setFrames(steps), setDrawn(true));
  const onPicture = () => void handle.current?.picture().then((url) => saveAddress(url, `${fileName(detail.name || detail.id, scene?.id ?? "scene")}.png`));
  return (
    <div className="observatory" data-side={isSideOpen}>
      <SceneList scenes={ready} waiting={waiting} chosen={scene} thumbnails={thumbnails} onChoose={choose} />
      <div className="stage" ref={ref}>
        <SceneHead detail={detail} title={scene?.title ?? "Observatory"} meta={meta} />
        {scene ? null : <p className="empty">No scene has its data yet. The list says what each one needs.</p>}
        {error && !content ? <Trouble reason={error} /> : null}
        {meta.missing && !isOld ? <p className="empty">{meta.missing}</p> : null}
        {content && !isOld && !meta.missing && scene && width ? (
          <SceneView
            name={name}
            label={scene.title}
            content={content}
            camera={cameraOf(place.camera) ?? fit(ownCamera(content) ?? FIRST_CAMERA)}
            projection={place.ortho === 1 ? "orthographic" : "perspective"}
            headPx={HEAD_PX}
            clock={clock}
            cap={place.cap ?? Infinity}
            onCamera={onCamera}
            onSteps={onSteps}
            handle={handle}
          />
        ) : null}
        <div className="stage-tools">
          {sampleKey ? <IconButton icon="text" label="Text samples at this step" isPressed={areSamplesOpen} onClick={() => setSamplesOpen(!areSamplesOpen)} /> : null}
          <IconButton icon="sliders" label="How the scene is drawn" isPressed={isSideOpen} onClick={() => setSideOpen(!isSideOpen)} />
        </div>
        {areSamplesOpen && sampleKey ? <Samples run={detail} name={sampleKey} clock={clock} /> : null}
      </div>
      {isSideOpen && scene ? (
        <SidePanel run={detail} scene={scene} meta={meta} place={place} asked={options} theme={theme} points={content && isCloud(content) ? pointCount(content) : 0} onChange={change} onCamera={(camera) => onCamera(fit(camera))} onPicture={onPicture} />
      ) : null}
      <TimeLine clock={clock} span={span} frames={frames} stages={detail.stages} findings={findings?.findings ?? []} evaluations={evaluations} isFollowing={isFollowing} isLive={detail.state === "running"} play={play} onMove={onMove} onEnd={() => change({ step: undefined })} />
    </div>
  );
}

export function ObservatoryPage({ run }: { run: RunRef }) {
  const { data: detail, error } = useRun(run);
  const { scenes, error: unlisted } = useScenes(run);
  useWatch([run]);
  useEffect(warmUp, []); // while the first figure is on its way
  if (!detail || !scenes) return <div className="page">{error || unlisted ? <Trouble reason={error ?? unlisted} /> : null}</div>;
  return <Observatory detail={detail} ready={scenes.ready} waiting={scenes.waiting} />;
}
