// Pictures over steps.
import { caption, mediaPanel, NoFile, type ItemProps } from "./MediaPanel";

function ImageItem({ url, record, name }: ItemProps) {
  if (!url) return <NoFile name={name} />;
  const text = caption(record);
  return (
    <figure className="media-figure">
      <img src={url} alt={text || name} loading="lazy" />
      {text ? <figcaption title={text}>{text}</figcaption> : null}
    </figure>
  );
}

export const panel = mediaPanel(["image", "images"], ImageItem);
