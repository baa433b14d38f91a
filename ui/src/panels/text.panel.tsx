// Logged text, as it was written.
import { readFileText } from "../api/client";
import { useFile } from "../api/queries";
import { mediaPanel, type ItemProps } from "./MediaPanel";
import { Trouble } from "./Sentence";

function TextItem({ url, record, name }: ItemProps) {
  const inline = typeof record.text === "string" ? record.text : null;
  const { data, error } = useFile(inline === null ? url : null, readFileText);
  if (error) return <Trouble reason={error} />;
  return (
    <pre className="media-text" tabIndex={0} aria-label={name}>
      {inline ?? data ?? ""}
    </pre>
  );
}

export const panel = mediaPanel(["text", "texts", "string"], TextItem);
