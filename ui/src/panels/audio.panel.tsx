// Sounds over steps.
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";

function AudioItem({ url, record, name }: ItemProps) {
  if (!url) return <NoFile name={name} record={record} />;
  const text = caption(record);
  return (
    <figure className="media-figure">
      <audio controls preload="none" src={url} aria-label={text || name} />
      {text ? <figcaption>{text}</figcaption> : null}
    </figure>
  );
}

export const panel = mediaPanel(["audio", "audios"], AudioItem, 152);
