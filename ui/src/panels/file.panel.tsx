// A file that is kept and not drawn: molecules, Bokeh documents, models.
import { z } from "zod";
import { bytes } from "../charts/format";
import { mediaPanel, NoFile, type ItemProps } from "./MediaPanel";

const Told = z.object({ name: z.string().optional(), path: z.string().optional(), size: z.number().optional(), caption: z.string().nullish() });

function FileItem({ url, record, name }: ItemProps) {
  if (!url) return <NoFile name={name} record={record} />;
  const told = Told.safeParse(record);
  const { name: called, path, size, caption } = told.success ? told.data : {};
  const label = called || path?.split("/").at(-1) || name;
  return (
    <p className="sentence">
      <span>
        <a href={url} download={label}>
          {label}
        </a>
        {size === undefined ? "" : `, ${bytes(size)}`}
        {caption ? `: ${caption}` : ""}
      </span>
    </p>
  );
}

export const panel = mediaPanel(["file", "files"], FileItem, 96);
