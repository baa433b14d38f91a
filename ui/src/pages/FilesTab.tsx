// What a run kept beside its log: files, and the artifacts that it logged or used.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import type { RunRef } from "../api/client";
import { useKept } from "../api/queries";
import type { ArtifactRow, SavedFile } from "../api/schema";
import { bytes } from "../charts/format";
import { Icon } from "../charts/Icon";
import { Trouble } from "../panels/Sentence";
import { Ago } from "./Ago";
import { matchesSearch } from "./search";

const FILES_MAX = 500; // more is found by searching

function Name({ file }: { file: SavedFile }) {
  const base = file.path.split("/").at(-1) ?? file.path;
  if (!file.url) return <span title="Its content is not here: it was not uploaded, or the run was copied without its media folder.">{file.path}</span>;
  return (
    <a href={file.url} download={base} title={`Download ${file.path}`}>
      {file.path}
    </a>
  );
}

function FileTable({ files, label }: { files: SavedFile[]; label: string }) {
  return (
    <div className="media-table files" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th>name</th>
            <th data-number="true">size</th>
            <th>saved</th>
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.path}>
              <td>
                <Name file={file} />
              </td>
              <td data-number="true">{bytes(file.size_bytes)}</td>
              <td>
                <Ago time={file.time} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function FileList({ files }: { files: SavedFile[] }) {
  const [search, setSearch] = useState("");
  const found = files.filter((file) => matchesSearch(file.path, search));
  return (
    <section className="values" aria-label="Files">
      <header className="values-head">
        <h2>Files</h2>
        <TextInput size="xs" placeholder="Search" aria-label="Search files" data-search leftSection={<Icon name="search" size={13} />} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      </header>
      {found.length ? <FileTable files={found.slice(0, FILES_MAX)} label="Files of the run" /> : <p className="sentence">No file has “{search}” in its name.</p>}
      {found.length > FILES_MAX ? <p className="sentence">The first {FILES_MAX} of {found.length} files. Search for the others.</p> : null}
    </section>
  );
}

function Artifact({ artifact }: { artifact: ArtifactRow }) {
  const { name, type, use, aliases, files, file_count: count } = artifact;
  return (
    <details className="artifact">
      <summary>
        <span className="artifact-name">{name}</span>
        {aliases.map((alias) => (
          <span key={alias} className="tag">
            {alias}
          </span>
        ))}
        <span className="run-fact">
          {type} · {use} <Ago time={artifact.time} /> · {count} {count === 1 ? "file" : "files"} · {bytes(artifact.size_bytes)}
        </span>
      </summary>
      {files.length ? <FileTable files={files} label={`Files of ${name}`} /> : null}
      {count > files.length && files.length ? <p className="sentence">The first {files.length} of {count} files.</p> : null}
    </details>
  );
}

export function FilesTab({ run }: { run: RunRef }) {
  const { data, error } = useKept(run);
  if (error && !data) return <Trouble reason={error} />;
  if (!data) return null;
  const { files, artifacts } = data;
  if (!files.length && !artifacts.length) return <div className="empty"><p>No file was saved with this run. Call <code>run.save("config.json")</code>.</p></div>;
  return (
    <div className="kept">
      {artifacts.length ? (
        <section className="values" aria-label="Artifacts">
          <header className="values-head">
            <h2>Artifacts</h2>
          </header>
          {artifacts.map((artifact) => (
            <Artifact key={`${artifact.use} ${artifact.name}`} artifact={artifact} />
          ))}
        </section>
      ) : null}
      {files.length ? <FileList files={files} /> : null}
    </div>
  );
}
