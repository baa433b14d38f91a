// Moving pictures over steps. A GIF is a picture to the browser.
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";
import { Picture } from "./Picture";

function VideoItem({ url, record, name }: ItemProps) {
  if (!url) return <NoFile name={name} record={record} />;
  const text = caption(record);
  return (
    <figure className="media-figure">
      {url.endsWith(".gif") ? <Picture url={url} label={text || name} /> : <video controls preload="metadata" src={url} aria-label={text || name} />}
      {text ? <figcaption>{text}</figcaption> : null}
    </figure>
  );
}

export const panel = mediaPanel(["video", "videos"], VideoItem);
