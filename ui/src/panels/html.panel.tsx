// A logged page, in a frame that can reach neither this page nor the server.
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";

function HtmlItem({ url, record, name, height }: ItemProps) {
  const inline = typeof record.html === "string" ? record.html : null;
  if (inline === null && !url) return <NoFile name={name} record={record} />;
  const content = inline === null ? { src: url ?? "" } : { srcDoc: inline };
  return <iframe title={name} sandbox="allow-scripts" style={{ height }} className="media-frame" {...content} />;
}

export const panel = mediaPanel(["html", "htmls"], HtmlItem);
