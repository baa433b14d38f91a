// Whatever has no panel of its own: the record as it was logged, and its file to download.
import { mediaPanel, type ItemProps } from "./MediaPanel";

function OtherItem({ url, record, name }: ItemProps) {
  return (
    <div className="media-other">
      {url ? <a href={url}>{typeof record.name === "string" ? record.name : `Download ${name}`}</a> : null}
      <pre className="media-text" tabIndex={0} aria-label={name}>
        {JSON.stringify(record, null, 2)}
      </pre>
    </div>
  );
}

export const panel = mediaPanel(["*"], OtherItem);
