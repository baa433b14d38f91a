// What to do when there is no run yet.
const EXAMPLE = `import belvedere as bv

run = bv.init(project="first", config={"lr": 3e-4})
for step in range(100):
    run.log({"train/loss": 1 / (step + 1)})
run.finish()`;

export function EmptyRuns({ project }: { project: string | undefined }) {
  return (
    <div className="page">
      <div className="empty empty-runs">
        <h1>{project ? `No run in ${project} yet` : "No run yet"}</h1>
        <p>Start one from Python in the folder that this server watches. It appears here by itself.</p>
        <pre tabIndex={0}>{EXAMPLE}</pre>
        <p>
          Or run <code>belvedere demo</code>, which trains a small model for two minutes.
        </p>
      </div>
    </div>
  );
}
