// The scenes beside the canvas: a small picture each; below, those without data and why.
import type { FigureInfo } from "../../api/schema";
import { Icon } from "../../charts/Icon";
import type { Scene } from "./scenes";
import { THUMBNAIL, type Thumbnails } from "./useThumbnails";

interface SceneListProps {
  scenes: Scene[];
  waiting: FigureInfo[];
  chosen: Scene | undefined;
  thumbnails: Thumbnails;
  onChoose: (scene: Scene) => void;
}

export function SceneList({ scenes, waiting, chosen, thumbnails, onChoose }: SceneListProps) {
  return (
    <nav className="scene-list" aria-label="Scenes" tabIndex={0}>
      <ul>
        {scenes.map((scene, i) => (
          <li key={scene.id}>
            <button type="button" aria-current={scene === chosen} onClick={() => onChoose(scene)} title={scene.title}>
              <span className="scene-small" style={{ aspectRatio: `${THUMBNAIL.width} / ${THUMBNAIL.height}` }}>
                {thumbnails.get(scene.id) ? <img src={thumbnails.get(scene.id)} alt="" /> : <Icon name="scene" size={20} />}
              </span>
              <span className="scene-name">
                {i < 9 ? <kbd aria-hidden>{i + 1}</kbd> : null}
                {scene.title}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {waiting.length ? (
        <details className="scene-waiting" open={!scenes.length}>
          <summary>{waiting.length} without their data</summary>
          {waiting.map((info) => (
            <div key={info.id}>
              <b>{info.title}</b>
              <p>{info.reason}</p>
            </div>
          ))}
        </details>
      ) : null}
    </nav>
  );
}
